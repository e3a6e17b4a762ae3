import { basename } from 'node:path'
import { mean, sum } from 'd3-array'
import type { CleanDays } from '../days/clean-days.ts'
import { type Day, temperatureOf } from '../days/day.ts'
import type { MonthReport } from '../days/month.ts'
import type { Spell } from '../days/spells.ts'

/** Everything the page and the JSON file say. Temperatures in °C. */
export interface Report {
  /** Name of the file the days come from. */
  readonly source: string
  readonly days: readonly Day[]
  readonly cleaned: Omit<CleanDays, 'days'>
  readonly mean: number
  readonly normal: number
  readonly months: readonly MonthReport[]
  /** Three days in a row, or more, of 30 °C. */
  readonly heat: readonly Spell[]
  /** Three days in a row, or more, with −10 °C. */
  readonly frost: readonly Spell[]
}

/** What a report is made from; a spell that nobody looked for is `undefined`. */
interface Findings {
  readonly input: { readonly data: string }
  readonly clean: CleanDays
  readonly months: readonly MonthReport[]
  readonly heat: readonly Spell[] | undefined
  readonly frost: readonly Spell[] | undefined
}

export function toReport({ input, clean: { days, ...cleaned }, months, heat = [], frost = [] }: Findings): Report {
  return {
    source: basename(input.data),
    days,
    cleaned,
    mean: mean(days, temperatureOf)!,
    normal: sum(months, ({ normal, days }) => normal * days) / days.length,
    months,
    heat,
    frost,
  }
}

/** The report as JSON, with the number and the range of the days instead of each of them. */
export function toJson({ days, ...report }: Report): string {
  const { source, ...findings } = report
  const range = { from: days.at(0)?.date, to: days.at(-1)?.date, days: days.length }
  return `${JSON.stringify({ source, ...range, ...findings }, null, 2)}\n`
}
