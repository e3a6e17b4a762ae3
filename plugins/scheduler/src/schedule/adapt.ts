import { whenOf } from '../timing/timing-text.ts'
import type { When } from '../timing/timing.ts'
import { LATE, type Passed, passedSlots } from './passed.ts'
import type { Rules } from './rules.ts'
import { isOutOfSlots, LONGEST_REST, restMs, type ScheduleState } from './state.ts'

/** A clock that is set back by more than this was wrong before, ms: nobody waits until it is that late again. */
const WRONG = 86_400_000

/** What is kept of a schedule, for what is asked of it here. */
interface Adaptation {
  /** It goes on from now. */
  readonly state: ScheduleState
  /** What became of slots that lie before. */
  readonly passed: Passed | undefined
}

/**
 * What is kept of a schedule may be for another timing, have ended and need not have, or lie in a time that is far from
 * having come: then it is adapted. `undefined` when it is what is asked of it, and in a pause: its end changes it anyway.
 */
export function adaptation(state: ScheduleState, rules: Rules, now: number): Adaptation | undefined {
  if (state.paused) return undefined
  const isOther = state.timing !== rules.timing
  const isWrong = state.settled > now + WRONG
  const goesOn = mayGoOn(isWrong ? { ...state, settled: now } : state, rules)
  if (!isOther && !goesOn && !isWrong && !isFarOff(state, rules, now)) return undefined
  const ended = goesOn || (isOther && isOutOfSlots(state)) ? null : state.ended
  const adapted = { ...state, timing: rules.timing, dueAt: dueAt(state, rules, now), ended }
  // What nobody has ever fired begins when it was added.
  if (state.timing === '') {
    const fresh = isWrong ? { ...adapted, settled: now } : adapted
    return { state: fresh, passed: state.runs > 0 ? undefined : over(rules, state.settled, now) }
  }
  const settled = isWrong ? now : Math.max(state.settled, now)
  const last = over(rules, now, now, state.settled)
  const passed = isOther && ended === null ? both(handedOver(state, rules, now), last) : undefined
  return { state: { ...adapted, settled }, passed }
}

/** Whether a schedule has ended, and would not have by these rules. */
function mayGoOn({ ended, runs, settled, dueAt }: ScheduleState, { when, maxRuns, until }: Rules): boolean {
  if (ended === 'max-runs') return runs < maxRuns
  if (ended !== 'until') return false
  return (when.kind === 'slots' ? (when.slots.next(settled) ?? Infinity) : dueAt) <= until
}

/** Whether the clock was set back since it was reckoned when a schedule without slots is due. */
const isFarOff = (state: ScheduleState, { when }: Rules, now: number): boolean =>
  when.kind === 'after-end' && state.dueAt > now + Math.max(when.delayMs, LONGEST_REST) + LATE

/** When a schedule without slots is due next. */
function dueAt({ last, dueAt, failures }: ScheduleState, { when }: Rules, now: number): number {
  const delay = when.kind === 'after-end' ? Math.max(when.delayMs, restMs(failures)) : 0
  return last === null ? Math.min(dueAt, now) : Math.min(last.endedAt, now) + delay
}

/** What became of the slots of the timing before, up to now: they are due as they were, and what is put off comes at once. */
function handedOver(state: ScheduleState, rules: Rules, now: number): Passed | undefined {
  const before = whenOf(state.timing)
  if (state.ended !== null || before?.kind !== 'slots') return undefined
  const passed = passedSlots(before.slots, { ...rules, fireTime: (slot) => slot }, state.settled, now)
  return passed && { ...passed, settled: now }
}

/** What became of the last slot of a timing that was over when it was `known`, unless it was `settled` before; epoch ms. */
function over({ when, until, fireTime }: Rules, known: number, now: number, settled = 0): Passed | undefined {
  if (when.kind !== 'slots' || when.slots.next(known) !== undefined) return undefined
  const slot = when.slots.between(0, Math.min(known, until), 1)?.newest[0]
  if (slot === undefined || slot <= settled) return undefined
  const late = now - fireTime(slot)
  if (late > LATE) return { due: [], missed: { count: 1, more: false, from: slot, to: slot }, settled: now }
  return { due: late < 0 ? [] : [slot], missed: undefined, settled: late < 0 ? slot - 1 : now }
}

/** Slots of two timings, each slot once. */
function both(one: Passed | undefined, other: Passed | undefined): Passed | undefined {
  if (one === undefined || other === undefined || one.due.includes(other.due[0] ?? NaN)) return one ?? other
  const due = [...one.due, ...other.due].sort((a, b) => a - b)
  const count = (one.missed?.count ?? 0) + (other.missed?.count ?? 0)
  const missed = one.missed ?? other.missed
  const to = Math.max(one.missed?.to ?? 0, other.missed?.to ?? 0)
  return { due, missed: missed && { ...missed, count, to }, settled: Math.min(one.settled, other.settled) }
}

/** The timing by which it was settled what is; of a schedule that nobody has ever fired, its own. */
export const keptWhen = ({ timing }: ScheduleState, rules: Rules): When | undefined =>
  timing === '' || timing === rules.timing ? rules.when : whenOf(timing)
