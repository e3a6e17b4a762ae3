import { keptWhen } from './adapt.ts'
import { firingOf, type Firing } from './firing.ts'
import { MOST_SLOTS } from './passed.ts'
import type { Rules } from './rules.ts'
import { nextDue, type ScheduleState } from './state.ts'

/** What is due, ascending, and may have been started by a process that died before it could say so. */
export function doubtful(state: ScheduleState, rules: Rules, now: number): readonly Firing[] {
  const when = keptWhen(state, rules)
  if (when === undefined) return []
  if (when.kind === 'after-end') return [firingOf(rules.name, nextDue(state))]
  // The last slot of a schedule that is new may lie before it was known.
  const after = state.timing === '' && when.slots.next(state.settled) === undefined ? 0 : state.settled
  const slots = when.slots.between(after, Math.min(now, rules.until), MOST_SLOTS)
  return slots?.newest.map((slot) => firingOf(rules.name, slot)) ?? []
}
