import type { Day } from './day.ts'

/** Days that can be counted on, and what was done to them. */
export interface CleanDays {
  /** In order, one for each date. */
  readonly days: readonly Day[]
  /** How many were left out because their date had been there before. */
  readonly repeated: number
  /** How many were left out because their highest temperature was below their lowest. */
  readonly impossible: number
  /** How many said "rain" when no rain could be measured: they are "drizzle" now. */
  readonly traces: number
}

/** Leaves out what cannot be, sorts the rest, and calls things by one name. */
export function cleanDays(days: readonly Day[]): CleanDays {
  const possible = days.filter(({ high, low }) => high >= low)
  const unique = [...new Map(possible.map((day) => [day.date, day])).values()]
  const isTrace = ({ sky, precipitation }: Day) => sky === 'rain' && precipitation === 0
  return {
    days: unique
      .map((day): Day => (isTrace(day) ? { ...day, sky: 'drizzle' } : day))
      .toSorted((a, b) => a.date.localeCompare(b.date)),
    repeated: possible.length - unique.length,
    impossible: days.length - possible.length,
    traces: unique.filter(isTrace).length,
  }
}
