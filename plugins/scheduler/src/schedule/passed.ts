import type { Slots } from '../timing/slots.ts'
import type { ScheduleMiss } from './news.ts'
import type { Rules } from './rules.ts'

/** How many slots are looked at at most, one by one. */
export const MOST_SLOTS = 100

/** A slot that is later than this has passed, ms. */
export const LATE = 1_000

/** Slots that have passed without a run. */
export type Missed = Pick<ScheduleMiss, 'count' | 'more' | 'from' | 'to'>

/** What became of the slots up to some time. */
export interface Passed {
  /** Those that fire, ascending. */
  readonly due: readonly number[]
  readonly missed: Missed | undefined
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
  const newest = slots.between(settled, Math.min(now, rules.until), MOST_SLOTS)?.newest ?? []
  const ripe = newest.filter((slot) => rules.fireTime(slot) <= now)
  const last = ripe.at(-1)
  if (last === undefined) return undefined
  const due = dueOf(ripe, rules, now)
  return { due, missed: missedOf(slots, settled, last, due), settled: last }
}

/** Of slots that have passed, those that fire. */
function dueOf(ripe: readonly number[], { misfire, catchUpMs, fireTime }: Rules, now: number): readonly number[] {
  const inTime = misfire === 'skip' ? LATE : Math.max(LATE, catchUpMs)
  const fresh = ripe.filter((slot) => now - fireTime(slot) <= inTime)
  return misfire === 'all' ? fresh : fresh.slice(-1)
}

/** The slots after `settled` up to `until` but for those that fire, each of which is one of them. */
export function missedOf(
  slots: Pick<Slots, 'between'>,
  settled: number,
  until: number,
  firing: readonly number[],
): Missed | undefined {
  const all = slots.between(settled, until, MOST_SLOTS)
  if (all === undefined || all.count <= firing.length) return undefined
  const { first, newest, more } = all
  const left = newest.filter((slot) => !firing.includes(slot))
  const from = firing.includes(first) ? (left[0] ?? first) : first
  const to = left.at(-1) ?? slots.between(settled, newest[0]! - 1, 1)?.newest[0] ?? first
  return { count: all.count - firing.length, more, from, to }
}
