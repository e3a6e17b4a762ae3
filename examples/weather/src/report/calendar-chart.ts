import { group } from 'd3-array'
import { scaleLinear, scaleUtc } from 'd3-scale'
import { type Day, temperatureOf } from '../days/day.ts'
import { drawing, frame, round } from './frame.ts'
import { celsius } from './number.ts'

const row = { height: 34, gap: 6, top: 22 } as const
const months = new Intl.DateTimeFormat('en', { month: 'short', timeZone: 'UTC' })

/** Colours of temperatures, °C. */
const colour = scaleLinear([-5, 3, 10, 17, 28], ['#2c3e8f', '#4f9fd0', '#e9e4c9', '#f2a65a', '#b3261e']).clamp(true)

/** Every day as a stripe in the colour of its temperature, a row for each year. */
export function drawCalendar(days: readonly Day[]): string {
  const years = [...group(days, ({ date }) => date.slice(0, 4))]
  // All years on the scale of a leap year, so that a date has one place.
  const x = scaleUtc([Date.UTC(2012, 0, 1), Date.UTC(2013, 0, 1)], [frame.left, frame.width - frame.right])
  const firsts = x.ticks(12).slice(0, 12)
  const place = (date: string) => round(x(Date.parse(`2012${date.slice(4)}`)))
  const width = round((x.range()[1]! - x.range()[0]!) / 366 + 0.3)
  const height = row.top + years.length * (row.height + row.gap)

  return drawing(
    'Temperature of every day',
    [
      ...firsts.map((date) => `<text class="tick" x="${round(x(date))}" y="12">${months.format(date)}</text>`),
      ...years.flatMap(([year, ofYear], i) => {
        const top = row.top + i * (row.height + row.gap)
        return [
          `<text class="tick" x="${frame.left - 8}" y="${top + row.height / 2}" dy="0.32em" text-anchor="end">${year}</text>`,
          ...ofYear.map((day) => {
            const temperature = temperatureOf(day)
            return (
              `<rect x="${place(day.date)}" y="${top}" width="${width}" height="${row.height}" fill="${colour(temperature)}">` +
              `<title>${day.date}: ${celsius(temperature)}, ${day.sky}</title></rect>`
            )
          }),
        ]
      }),
    ],
    height,
  )
}
