import type { Day } from './day.ts'

/** Days in a row on which something was so. */
export interface Spell {
  /** Date of its first day. */
  readonly from: string
  /** Date of its last day. */
  readonly to: string
  readonly days: number
}

/** A day of 30 °C or more. */
export const isHot = ({ high }: Day): boolean => high >= 30

/** A day on which it froze at −10 °C or below. */
export const isBitter = ({ low }: Day): boolean => low <= -10

/** The spells of at least `least` days, in order. A day that is missing ends a spell. `days` are sorted. */
export function spellsOf(days: readonly Day[], isPart: (day: Day) => boolean, least: number): Spell[] {
  const spells: Spell[] = []
  for (const { date } of days.filter(isPart)) {
    const last = spells.at(-1)
    if (last !== undefined && isNext(last.to, date)) {
      spells.splice(-1, 1, { ...last, to: date, days: last.days + 1 })
    } else {
      spells.push({ from: date, to: date, days: 1 })
    }
  }
  return spells.filter(({ days }) => days >= least)
}

const isNext = (before: string, after: string) => Date.parse(after) - Date.parse(before) === 24 * 60 * 60 * 1000
