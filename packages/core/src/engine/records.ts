import { abortCodeOf } from '../abort.ts'
import { serializeError } from '../error-data.ts'
import type { StepEnd } from '../hooks.ts'
import type { StepResult, StepStatus } from '../result.ts'
import { type Settled, State } from '../scheduler.ts'
import type { RunState } from './run-state.ts'
import type { Task } from './task.ts'

/** Results of steps by path. */
export type Results = Record<string, StepResult>

/** Something that can say what became of its steps. */
export interface Reporter {
  report(into: Results): void
}

const NAMES: Readonly<Record<Settled, StepStatus>> = {
  [State.succeeded]: 'succeeded',
  [State.restored]: 'restored',
  [State.skipped]: 'skipped',
  [State.failed]: 'failed',
  [State.cancelled]: 'cancelled',
}

/** What became of a task. `value` is its output, its error, or the reason it was skipped for. */
export function resultOf(run: RunState, task: Task, as: Settled, value: unknown): StepResult {
  const { startedMono, attempt } = task
  const timed = run.timed && startedMono >= 0
  const finishedMono = timed ? run.turn() : 0
  if (as === State.succeeded && timed) {
    // What nearly all steps are, in one shape.
    return {
      status: 'succeeded',
      attempts: attempt,
      output: value,
      startedAt: run.epochOf(startedMono),
      finishedAt: run.epochOf(finishedMono),
      durationMs: finishedMono - startedMono,
    }
  }
  return {
    status: NAMES[as],
    attempts: task.phase === 'new' ? attempt - 1 : attempt,
    ...((as === State.succeeded || as === State.restored) && { output: value }),
    ...(as === State.skipped && { reason: value as string }),
    ...((as === State.failed || as === State.cancelled) && { error: serializeError(value) }),
    ...(as === State.cancelled && { reason: reasonOf(value) }),
    ...(timed && {
      startedAt: run.epochOf(startedMono),
      finishedAt: run.epochOf(finishedMono),
      durationMs: finishedMono - startedMono,
    }),
    ...(task.extra?.stillRunning === true && { stillRunning: true as const }),
  }
}

/** What became of a step that never started. */
export function unstarted(as: Settled, reason: string): StepResult {
  return { status: NAMES[as], reason, attempts: 0 }
}

/** In words of the result: why something was cancelled. */
export function reasonOf(error: unknown): string {
  return abortCodeOf(error)?.toLowerCase().replace('_', '-') ?? 'cancelled'
}

/** The event that says the same as a result. `value` is what was thrown, when something was. */
export function endEvent(run: RunState, pipeline: string, stepId: string, result: StepResult, value: unknown): StepEnd {
  const { status, attempts, durationMs = 0, output, reason } = result
  const event = { runId: run.id, at: run.now(), pipeline, stepId, status, attempts, durationMs }
  if (status === 'succeeded' || status === 'restored') return { ...event, output }
  return {
    ...event,
    ...(value !== undefined && status !== 'skipped' && { error: value }),
    ...(reason !== undefined && { reason }),
  }
}
