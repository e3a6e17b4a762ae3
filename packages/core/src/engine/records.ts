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
  const { extra, startedMono } = task
  const finishedMono = run.timed ? run.host.clock.monotonic() : 0
  const started = startedMono > 0 && run.timed
  const ran = as === State.succeeded || as === State.failed || startedMono > 0 || task.attempt > 1
  return {
    status: NAMES[as],
    attempts: ran ? task.attempt : 0,
    ...(as === State.succeeded || as === State.restored
      ? { output: value }
      : as === State.skipped
        ? { reason: value as string }
        : { error: serializeError(value), ...(as === State.cancelled && { reason: reasonOf(value) }) }),
    ...(started && {
      startedAt: run.epochOf(startedMono),
      finishedAt: run.epochOf(finishedMono),
      durationMs: finishedMono - startedMono,
    }),
    ...(extra?.stillRunning === true && { stillRunning: true as const }),
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

/** The event that says the same as a result. */
export function endEvent(
  pipeline: string,
  stepId: string,
  result: StepResult,
  value: unknown,
): Omit<StepEnd, 'runId' | 'at'> {
  const { status, attempts, durationMs = 0, reason } = result
  const failed = status === 'failed' || status === 'cancelled'
  return {
    pipeline,
    stepId,
    status,
    attempts,
    durationMs,
    ...('output' in result && { output: result.output }),
    ...(failed && value !== undefined && { error: value }),
    ...(reason !== undefined && { reason }),
  }
}
