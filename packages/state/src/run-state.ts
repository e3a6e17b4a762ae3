import type { RunState, StoredRun } from './store.ts'

/** All that a run may be doing, in the order of {@link RunState}. */
export const RUN_STATES: readonly RunState[] = [
  'running',
  'stalled',
  'waiting',
  'paused',
  'cancelling',
  'blocked',
  'dead',
  'succeeded',
  'failed',
  'cancelled',
]

/** What a run is doing at `now`, epoch ms of the store. */
export function stateOf({ status, command, leaseUntil }: StoredRun, now: number): RunState {
  if (status !== 'running' && status !== 'waiting' && status !== 'blocked') return status
  if (command !== 'run') return command === 'pause' ? 'paused' : 'cancelling'
  return status === 'running' && leaseUntil <= now ? 'stalled' : status
}
