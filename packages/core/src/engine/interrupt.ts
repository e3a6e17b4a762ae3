import { toAbortReason } from '../abort.ts'
import { callAt } from '../clock.ts'
import type { PipelineError } from '../errors.ts'
import { State } from '../scheduler.ts'
import { afterFailure, end, settle } from './attempt.ts'
import type { Task } from './task.ts'

/**
 * Ends an attempt early: its signal is aborted, and it fails with `reason`, after `graceMs` at the latest. What runs inside
 * it stops first.
 */
export function abort(task: Task, reason: Error, graceMs = 0): void {
  const more = task.more()
  if (task.phase === 'settled' || more.failWith !== null) return
  more.failWith = reason
  more.controller?.abort(toAbortReason(reason, task.pipeline))
  if (more.inner !== null) return more.inner.stop(toAbortReason(reason, task.pipeline))
  const giveUp = () => {
    if (task.phase === 'settled') return
    more.stillRunning = true
    settle(task)
    afterFailure(task, reason)
  }
  const { clock } = task.scope.run.host
  if (graceMs > 0) task.defer(callAt(clock, clock.monotonic() + graceMs, giveUp))
  else void promisesGoOn().then(giveUp)
}

/** So many microtasks a function that heeds its signal has to return before it counts as still running. */
const HEEDED_WITHIN = 16

async function promisesGoOn(): Promise<void> {
  for (let turn = 0; turn < HEEDED_WITHIN; turn++) await Promise.resolve()
}

/** Tells a live task that its scope has stopped. */
export function cancel(task: Task, reason: PipelineError): void {
  const { extra } = task
  if (extra === null) return
  extra.controller?.abort(reason)
  extra.inner?.stop(reason)
  if (extra.endWait === null) return
  extra.endWait()
  extra.endWait = null
  task.scope.unwatch(task)
  end(task, State.cancelled, reason)
}

/** Why what runs inside a step is stopped when its middleware answers without waiting. `cause` is what that threw. */
export function answeredFor({ stepId, pipeline }: Task, cause: unknown): PipelineError {
  return toAbortReason(cause ?? new Error(`A middleware answered for step "${stepId}"`), pipeline)
}

/**
 * Takes an attempt that a step middleware did not wait for out of the run: it is told by its signal, and what it does
 * from now on does not count. Answers whether it was running. No `reason`: there is none that runs.
 */
export function discard(task: Task, reason: PipelineError | null): boolean {
  const { extra } = task
  if (extra === null) return false
  extra.endWait?.()
  extra.endWait = null
  task.scope.unwatch(task)
  if (reason === null || task.phase !== 'launched') return false
  extra.stillRunning = true
  extra.controller?.abort(reason)
  extra.inner?.stop(reason)
  settle(task)
  return true
}
