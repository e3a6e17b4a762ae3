import { Cron, type CronOptions } from 'croner'
import type { SlotRange, Slots } from './slots.ts'

/** What a cron expression is read with. */
export interface CronSettings {
  /** An IANA time zone. */
  readonly timezone: string
  readonly domAndDow: boolean
}

/** So many slots are counted, unless more are asked for: each may take 0.1 ms. */
const COUNTED = 200

/**
 * The slots of a cron expression.
 *
 * @throws Error of croner, when the expression has a syntax error
 * @throws RangeError when there is no such time zone
 */
export function cronSlots(expression: string, { timezone, domAndDow }: CronSettings): Slots {
  if (expression.includes(':')) throw new Error('a time or a date is none; for a date there is `at`') // croner takes it
  const cron = new Cron(expression, { ...calculatedWith(timezone), domAndDow, fixedTimeRule: 'no-wildcard' })

  // Who works with a slot asks for the one after it several times, which is the dearest of all questions.
  let last: { readonly after: number; readonly slot: number | undefined } | undefined
  const next = (after: number): number | undefined => {
    if (last?.after !== after) last = { after, slot: cron.nextRun(new Date(after))?.getTime() }
    return last.slot
  }
  const newest = (most: number, until: number) => {
    const reference = new Date(Math.floor(until) + 1) // slots before the reference are found
    return cron
      .previousRuns(most, reference)
      .map((date) => date.getTime())
      .reverse()
  }
  const between = (after: number, until: number, most: number): SlotRange | undefined => {
    const slots: number[] = []
    let slot = next(after)
    for (; slot !== undefined && slot <= until && slots.length < Math.max(COUNTED, most); slot = next(slot))
      slots.push(slot)
    const [first] = slots
    if (first === undefined) return undefined
    const more = slot !== undefined && slot <= until
    return { count: slots.length, more, first, newest: more ? newest(most, until) : slots.slice(-most) }
  }
  return { next, between }
}

/** UTC as an offset, which croner calculates with ten times as fast as with a zone. */
function calculatedWith(timezone: string): CronOptions {
  if (timezone === 'UTC') return { utcOffset: 0 } // without asking Intl, which takes longer than all the rest
  const { timeZone } = new Intl.DateTimeFormat('en', { timeZone: timezone }).resolvedOptions()
  return timeZone === 'UTC' ? { utcOffset: 0 } : { timezone }
}
