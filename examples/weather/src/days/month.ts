import { group, max, mean, min, sum } from 'd3-array'
import { type Day, monthOf, temperatureOf } from './day.ts'

/** One calendar month, over all the years. */
export interface Month {
  /** 1 to 12. */
  readonly number: number
  /** `January` */
  readonly name: string
  readonly days: readonly Day[]
}

/** What was measured in a calendar month. Temperatures in °C. */
export interface Measured {
  readonly days: number
  readonly mean: number
  readonly high: number
  readonly low: number
  /** Mean of the highest temperatures of the days. */
  readonly usualHigh: number
  /** Mean of the lowest temperatures of the days. */
  readonly usualLow: number
  /** Millimetres in a month of one year. */
  readonly precipitation: number
  /** Part of the days with some of it, from 0 to 1. */
  readonly wetDays: number
  /** Metres per second. */
  readonly wind: number
}

/** The days on which it snowed. */
export interface Snow {
  readonly days: number
  /** The last one's date. */
  readonly last: string
}

/** What the report says of a month. */
export interface MonthReport extends Measured {
  readonly number: number
  readonly name: string
  /** Mean temperature of the month from 1981 to 2010, °C. */
  readonly normal: number
  /** How much warmer than normal it was, °C. */
  readonly warmer: number
  readonly snow?: Snow
}

const names = new Intl.DateTimeFormat('en', { month: 'long', timeZone: 'UTC' })

/** The calendar months that have days, in order. */
export function monthsOf(days: readonly Day[]): Month[] {
  return [...group(days, monthOf)]
    .map(([number, days]) => ({ number, name: names.format(Date.UTC(2012, number - 1)), days }))
    .toSorted((a, b) => a.number - b.number)
}

/** Sums a month up. It has at least one day. */
export function measure({ days }: Pick<Month, 'days'>): Measured {
  const years = new Set(days.map(({ date }) => date.slice(0, 4))).size
  return {
    days: days.length,
    mean: mean(days, temperatureOf)!,
    high: max(days, ({ high }) => high)!,
    low: min(days, ({ low }) => low)!,
    usualHigh: mean(days, ({ high }) => high)!,
    usualLow: mean(days, ({ low }) => low)!,
    precipitation: sum(days, ({ precipitation }) => precipitation) / years,
    wetDays: days.filter(({ precipitation }) => precipitation > 0).length / days.length,
    wind: mean(days, ({ wind }) => wind)!,
  }
}

export const isSnowy = ({ sky }: Day): boolean => sky === 'snow'

/** Sums the snow of a month up. It has at least one day of it. */
export function measureSnow({ days }: Month): Snow {
  const snowy = days.filter(isSnowy)
  return { days: snowy.length, last: snowy.at(-1)!.date }
}
