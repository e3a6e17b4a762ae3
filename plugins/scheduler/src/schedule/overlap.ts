import type { Firing } from './firing.ts'
import type { ScheduleState } from './state.ts'

/**
 * What becomes of a slot while the run of another one goes on.
 *
 * - `skip` (default): it is left out
 * - `buffer-one`: it waits for the end; one does, those after it are left out
 * - `buffer-all`: all wait, at most 100
 * - `cancel-other`: what goes on is cancelled, and it begins when that has ended
 * - `{ allow: n }`: so many go on at a time; a further one is left out
 */
export type Overlap = 'skip' | 'buffer-one' | 'buffer-all' | 'cancel-other' | { readonly allow: number }

/** How many wait at most, with `buffer-all`. */
export const MOST_WAITING = 100

/** How many runs may go on at a time. */
export const limitOf = (overlap: Overlap): number => (typeof overlap === 'object' ? overlap.allow : 1)

/** Which of those that wait may begin: in a pause, what somebody has asked for. */
export function nextOf({ active, waiting, paused }: ScheduleState, overlap: Overlap): Firing | undefined {
  if (active.length >= limitOf(overlap)) return undefined
  return paused ? waiting.find(({ manual }) => manual) : waiting[0]
}
