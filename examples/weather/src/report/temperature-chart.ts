import { max, min } from 'd3-array'
import { scaleLinear } from 'd3-scale'
import { area, curveMonotoneX, line } from 'd3-shape'
import type { MonthReport } from '../days/month.ts'
import { drawing, frame, grid, monthLabels, monthScale, round } from './frame.ts'
import { celsius, signed } from './number.ts'

/** The usual highs and lows of each month as a band, its mean and what is normal as lines. */
export function drawTemperature(months: readonly MonthReport[]): string {
  const band = monthScale(months)
  const x = ({ name }: MonthReport) => (band(name) ?? 0) + band.bandwidth() / 2
  const lowest = min(months, ({ usualLow }) => usualLow) ?? 0
  const highest = max(months, ({ usualHigh }) => usualHigh) ?? 0
  const y = scaleLinear([Math.min(0, lowest), highest], [frame.height - frame.bottom, frame.top]).nice()

  const range = area<MonthReport>(
    x,
    ({ usualLow }) => y(usualLow),
    ({ usualHigh }) => y(usualHigh),
  ).curve(curveMonotoneX)
  const lineOf = (value: (month: MonthReport) => number) =>
    line<MonthReport>(x, (month) => y(value(month)))
      .curve(curveMonotoneX)
      .digits(1)(months) ?? ''

  return drawing('Temperature by month', [
    ...grid(y.ticks(6), y, (value) => `${value}°`),
    ...monthLabels(months, (name) => (band(name) ?? 0) + band.bandwidth() / 2),
    `<path class="range" d="${range.digits(1)(months) ?? ''}"/>`,
    `<path class="normal" d="${lineOf(({ normal }) => normal)}"/>`,
    `<path class="mean" d="${lineOf(({ mean }) => mean)}"/>`,
    ...months.map(
      (month) =>
        `<circle class="dot" cx="${round(x(month))}" cy="${round(y(month.mean))}" r="4">` +
        `<title>${month.name}: ${celsius(month.mean)}, ${signed(month.warmer)} against normal</title></circle>`,
    ),
  ])
}
