import { scaleBand } from 'd3-scale'
import type { MonthReport } from '../days/month.ts'

/** Size of a chart, and the place it leaves for labels, in units of its view box. */
export const frame = { width: 860, height: 300, top: 16, right: 16, bottom: 28, left: 44 } as const

/** Where the months are, from left to right. */
export const monthScale = (months: readonly MonthReport[]) =>
  scaleBand(
    months.map(({ name }) => name),
    [frame.left, frame.width - frame.right],
  ).padding(0.25)

/** An SVG drawing of the size of the frame that screen readers call `title`. */
export const drawing = (title: string, marks: readonly string[], height: number = frame.height): string =>
  `<svg viewBox="0 0 ${frame.width} ${height}" role="img" aria-label="${title}">\n${marks.join('\n')}\n</svg>`

/** Horizontal lines at `values`, with labels on the left. */
export const grid = (values: readonly number[], y: (value: number) => number, label: (value: number) => string) =>
  values.map(
    (value) =>
      `<path class="grid" d="M${frame.left} ${round(y(value))}H${frame.width - frame.right}"/>` +
      `<text class="tick" x="${frame.left - 8}" y="${round(y(value))}" dy="0.32em" text-anchor="end">${label(value)}</text>`,
  )

/** Short names of months below the chart. */
export const monthLabels = (months: readonly MonthReport[], x: (name: string) => number) =>
  months.map(
    ({ name }) =>
      `<text class="tick" x="${round(x(name))}" y="${frame.height - 8}" text-anchor="middle">${name.slice(0, 3)}</text>`,
  )

/** A coordinate, as precise as an eye. */
export const round = (value: number): number => Math.round(value * 10) / 10
