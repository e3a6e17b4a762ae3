import { messageOf, PipelineError, type Run, type RunResult, serializeError, type ErrorData } from '@pipe/core'
import type { RunInfo } from '@pipe/state'
import type { FinishedRun, Firing } from './firing.ts'
import type { SharedRuns } from './shared-runs.ts'

/** A run that could not be begun, or whose input could not be made. */
export const unbegun = (firing: Firing, error: unknown, now: number): FinishedRun => ({
  ...firing,
  status: 'failed',
  error: serializeError(error instanceof Error ? error : new Error(messageOf(error))),
  endedAt: now,
})

/** What became of a run that was executed here. */
export function finishedHere(firing: Firing, result: RunResult, now: number): FinishedRun {
  const { status, error, output } = result
  return { ...firing, status, ...(error === undefined ? { output } : { error }), endedAt: now }
}

/** What became of a run, by what the store says of it; `undefined` while it has not ended. */
export function finishedThere(firing: Firing, run: RunInfo): FinishedRun | undefined {
  const { id, state, endedAt, updatedAt, output, error, crashes } = run
  if (state === 'dead') {
    const message = `Run "${id}" ended its process ${crashes} times, and is not taken any more.`
    return unbegun(firing, new PipelineError('RUN_DEAD', message), updatedAt)
  }
  if (endedAt === undefined) return undefined
  const status = state === 'succeeded' || state === 'cancelled' ? state : 'failed'
  return { ...firing, status, ...(error === undefined ? { output } : { error }), endedAt }
}

/** A run of which the store knows nothing any more: whoever started it has died, and somebody has forgotten it. */
export function forgotten(firing: Firing, now: number): FinishedRun {
  const message = `Nothing is known any more of run "${firing.id}": what became of it cannot be said.`
  return unbegun(firing, new PipelineError('RUN_UNKNOWN', message), now)
}

/** What says that the store could not be asked, or that the pipe closes: nothing is known of whether the run has begun. */
const UNBEGUN: readonly unknown[] = ['STORE_UNAVAILABLE', 'STORE_CLOSED', 'STORE_UNFIT', 'SHUTDOWN']

/** Whether a run that ended with this may be begun by others, or again. */
export const isUnbegun = (error: ErrorData | undefined): boolean => UNBEGUN.includes(error?.code)

/**
 * Waits until a run is in the store, or was refused before that.
 *
 * @throws PipelineError what the store rejected with; `OPTION_INVALID` when the run is not recorded
 */
export async function inStore(run: Run<unknown>, shared: SharedRuns): Promise<void> {
  const begun = new Promise<undefined>((resolve) => run.events.once('step:start', () => resolve(undefined)))
  const error: ErrorData | undefined = await Promise.race([begun, run.result.then((result) => result.error)])
  if ((await shared.get(run.id)) !== undefined) return
  if (error !== undefined && isUnbegun(error)) throw new PipelineError('STORE_UNAVAILABLE', error.message)
  if (error !== undefined) return
  const message =
    'The pipe of createScheduler() has no durable() with the store of createScheduler(): give both of them the same.'
  const problem = new PipelineError('OPTION_INVALID', message)
  run.cancel(problem)
  throw problem
}
