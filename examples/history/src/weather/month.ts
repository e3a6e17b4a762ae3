import type { Day } from './day.ts'

/** One calendar month, over all the years. */
export interface Month {
  /** 1 to 12. */
  readonly number: number
  /** `January` */
  readonly name: string
  readonly days: readonly Day[]
}

const names = new Intl.DateTimeFormat('en', { month: 'long', timeZone: 'UTC' })

/** The calendar months that have days, in order. */
export function monthsOf(days: readonly Day[]): Month[] {
  const groups = Map.groupBy(days, ({ date }) => Number(date.slice(5, 7)))
  return [...groups]
    .toSorted(([a], [b]) => a - b)
    .map(([number, days]) => ({ number, name: names.format(Date.UTC(2012, number - 1)), days }))
}

/** The mean of numbers, of which there is one at least. */
export const mean = (numbers: readonly number[]): number => numbers.reduce((sum, n) => sum + n, 0) / numbers.length
