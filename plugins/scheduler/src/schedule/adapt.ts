import { commonSlots } from '../timing/common-slots.ts'
import { whenOf } from '../timing/timing-text.ts'
import { LATE, MOST_SLOTS, type Passed, passedSlots } from './passed.ts'
import type { Rules } from './rules.ts'
import { isOutOfSlots, type ScheduleState } from './state.ts'

/** A clock that is set back by more than this was wrong before, ms: nobody waits until it is that late again. */
const WRONG = 86_400_000

/**
 * The state of a schedule for what is asked of it here: itself, or one that goes on from now. It does with another timing,
 * when it may have more runs or time than it had, and when it lies in a time that is far from having come.
 */
export function adapted(state: ScheduleState, rules: Rules, now: number): ScheduleState {
  const isOther = state.timing !== rules.timing
  const mayGoOn =
    (state.ended === 'max-runs' && state.runs < rules.maxRuns) || (state.ended === 'until' && now < rules.until)
  const delay = rules.when.kind === 'after-end' ? rules.when.delayMs : 0
  const isAhead = state.settled > now + WRONG || state.dueAt > now + delay + WRONG
  if (!isOther && !mayGoOn && !isAhead) return state
  const ended = mayGoOn || (isOther && isOutOfSlots(state)) ? null : state.ended
  const settled = isAhead ? now : Math.max(state.settled, now)
  return { ...state, timing: rules.timing, settled, dueAt: now, ended }
}

/** {@link adapted}, and what became of slots that lie before; `undefined` when the state is what is asked of it. */
export function adaptation(
  state: ScheduleState,
  rules: Rules,
  now: number,
): { readonly state: ScheduleState; readonly passed: Passed | undefined } | undefined {
  const next = adapted(state, rules, now)
  if (next === state) return undefined
  const isOther = state.timing !== rules.timing && !next.paused && next.ended === null
  const passed = isOther ? (passedInBoth(state, rules, now) ?? over(rules, now)) : undefined
  return { state: next, passed: passed && { ...passed, settled: Math.min(passed.settled, next.settled) } }
}

/** What became of the slots that the timing has in common with the one before: these are due as they were. */
function passedInBoth(state: ScheduleState, rules: Rules, now: number): Passed | undefined {
  const before = whenOf(state.timing)
  if (state.ended !== null || before?.kind !== 'slots' || rules.when.kind !== 'slots') return undefined
  const slots = commonSlots(rules.when.slots, before.slots)
  const passed = passedSlots(slots, rules, state.settled, now)
  const { due = [], missed } = passed ?? {}
  const putOff = slots.between(passed?.settled ?? state.settled, now, MOST_SLOTS)?.newest.at(-1)
  if (putOff !== undefined) return { due, missed, settled: putOff - 1 }
  return passed && { due, missed, settled: now }
}

/** What became of the last slot, when none comes any more. */
function over({ when }: Rules, now: number): Passed | undefined {
  if (when.kind !== 'slots' || when.slots.next(now) !== undefined) return undefined
  const slot = when.slots.between(0, now, 1)?.newest[0]
  if (slot === undefined) return undefined
  if (now - slot <= LATE) return { due: [slot], missed: undefined, settled: now }
  return { due: [], missed: { count: 1, more: false, from: slot, to: slot }, settled: now }
}
