import type { Slots } from '../timing/slots.ts'
import { keptWhen } from './adapt.ts'
import { firingOf, type Firing } from './firing.ts'
import { MOST_SLOTS } from './passed.ts'
import type { Rules } from './rules.ts'
import { nextDue, type ScheduleState } from './state.ts'

/** What waits or is due, and may have been started by a process that died before it could say so; slots ascend. */
export function doubtful(state: ScheduleState, rules: Rules, now: number): readonly Firing[] {
  const when = keptWhen(state, rules)
  if (when?.kind === 'after-end') return [...state.waiting, firingOf(rules.name, nextDue(state))]
  const slots = new Set(when === undefined ? [] : outermost(when.slots, state.settled, now))
  // The only slot of a timing that is new may lie before it was known.
  if (rules.when.kind === 'slots' && state.timing !== rules.timing && rules.when.slots.next(now) === undefined) {
    for (const slot of rules.when.slots.between(0, now, 1)?.newest ?? []) slots.add(slot)
  }
  const ascending = [...slots].sort((a, b) => a - b)
  return [...state.waiting, ...ascending.map((slot) => firingOf(rules.name, slot))]
}

/** The oldest slots, which may have been the newest then, and the newest. */
function outermost(slots: Slots, after: number, now: number): readonly number[] {
  const oldest: number[] = []
  for (let slot = slots.next(after); slot !== undefined && slot <= now; slot = slots.next(slot)) {
    if (oldest.push(slot) === MOST_SLOTS) break
  }
  return [...oldest, ...(slots.between(after, now, MOST_SLOTS)?.newest ?? [])]
}
