import type { Slots } from '../timing/slots.ts'
import type { ScheduleMiss } from './news.ts'
import type { Rules } from './rules.ts'

/** How many slots are looked at at most, one by one. */
export const MOST_SLOTS = 100

/** A slot that is later than this has passed, ms. */
export const LATE = 1_000

/** What became of the slots up to some time. */
export interface Passed {
  /** Those that fire. */
  readonly due: readonly number[]
  /** Those that do not, since they have passed. */
  readonly missed: Pick<ScheduleMiss, 'count' | 'more' | 'from' | 'to'> | undefined
  /** Up to then, epoch ms. */
  readonly settled: number
}

/** What became of the slots after `settled`, by `now`; `undefined` while nothing has come of them. */
export function passedSlots(
  slots: Pick<Slots, 'between'>,
  rules: Rules,
  settled: number,
  now: number,
): Passed | undefined {
  const passed = slots.between(settled, Math.min(now, rules.until), MOST_SLOTS)
  const ripe = passed?.newest.filter((slot) => rules.fireTime(slot) <= now) ?? []
  const last = ripe.at(-1)
  if (passed === undefined || last === undefined) return undefined
  const due = dueOf(ripe, rules, now)
  const count = passed.count - (passed.newest.length - ripe.length) - due.length
  const { first, more } = passed
  const to = due[0] === undefined ? last : (slots.between(settled, due[0] - 1, MOST_SLOTS)?.newest.at(-1) ?? first)
  return { due, missed: count > 0 ? { count, more, from: first, to } : undefined, settled: last }
}

/** Of slots that have passed, those that fire. */
function dueOf(ripe: readonly number[], { misfire, catchUpMs, fireTime }: Rules, now: number): readonly number[] {
  const inTime = misfire === 'skip' ? Math.min(LATE, catchUpMs) : catchUpMs
  const fresh = ripe.filter((slot) => now - fireTime(slot) <= inTime)
  return misfire === 'all' ? fresh : fresh.slice(-1)
}
