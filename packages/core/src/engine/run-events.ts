import type { PipelineError } from '../errors.ts'
import type { RunResult } from '../result.ts'
import type { RunState } from './run-state.ts'

/** Tells those who observe that a run begins. */
export function tellStart(run: RunState, input: unknown): void {
  if (run.observes('run:start')) {
    const { owner, options } = run
    run.emit('run:start', {
      runId: run.id,
      at: run.now(),
      pipeline: owner.name,
      version: owner.version,
      input,
      tags: options.tags ?? {},
    })
  }
  run.tellPaused()
}

/** A run that has ended. */
interface Ended extends RunState {
  readonly result: RunResult
}

/** Tells those who observe that a run has ended; `error` is what it rejects with, if it does. */
export function tellEnd(run: Ended, error: PipelineError | null): void {
  if (!run.observes('run:end')) return
  const { result, id: runId, owner } = run
  const { status, durationMs } = result
  const event = { runId, at: run.now(), pipeline: owner.name, status, durationMs, result }
  run.emit('run:end', error === null ? event : { ...event, error })
}
