import { max } from 'd3-array'
import { scaleLinear } from 'd3-scale'
import type { MonthReport } from '../days/month.ts'
import { drawing, frame, grid, monthLabels, monthScale, round } from './frame.ts'
import { count, percent } from './number.ts'

/** How much rain and snow a month brings, as a bar. */
export function drawRain(months: readonly MonthReport[]): string {
  const x = monthScale(months)
  const most = max(months, ({ precipitation }) => precipitation) ?? 0
  const y = scaleLinear([0, most], [frame.height - frame.bottom, frame.top]).nice()

  return drawing('Rain and snow by month', [
    ...grid(y.ticks(5), y, (value) => String(value)),
    ...monthLabels(months, (name) => (x(name) ?? 0) + x.bandwidth() / 2),
    ...months.map(({ name, precipitation, wetDays }) => {
      const left = round(x(name) ?? 0)
      const top = round(y(precipitation))
      const width = round(x.bandwidth())
      return (
        `<rect class="rain" x="${left}" y="${top}" width="${width}" height="${round(y(0) - top)}" rx="3">` +
        `<title>${name}: ${count(precipitation)} mm, ${percent(wetDays)} of the days</title></rect>` +
        `<text class="value" x="${round(left + width / 2)}" y="${top - 5}" text-anchor="middle">${count(precipitation)}</text>`
      )
    }),
  ])
}
