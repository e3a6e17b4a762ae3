import { abortCodeOf } from '../abort.ts'
import { serializeError } from '../error-data.ts'
import type { StepEnd } from '../hooks.ts'
import type { ErrorData, StepResult, StepStatus } from '../result.ts'
import { type Settled, State } from '../scheduler.ts'
import type { RunState } from './run-state.ts'
import type { Task, TaskExtra } from './task.ts'

/** Results of steps by path. */
export type Results = Record<string, StepResult>

/** What is kept of a step: its result, but for what is decided when somebody reads it. */
export interface StepRecord extends Omit<StepResult, 'error' | 'stillRunning'> {
  /** Becomes data: formatting a stack costs more than most steps. */
  readonly thrown?: { readonly value: unknown }
  /** Was given up, and may have returned meanwhile. */
  readonly givenUp?: TaskExtra
}

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

/** What becomes of a task. `value` is its output, its error, or the reason it was skipped for. */
export function recordOf(run: RunState, task: Task, as: Settled, value: unknown): StepRecord {
  const { startedMono, tries: attempt } = task
  const finishedMono = run.timed && startedMono !== null ? run.turn() : null
  if (as === State.succeeded && finishedMono !== null && task.extra?.stillRunning !== true) {
    // What nearly all steps are, in one shape.
    return {
      status: 'succeeded',
      attempts: attempt,
      output: value,
      startedAt: run.epochOf(startedMono!),
      finishedAt: run.epochOf(finishedMono),
      durationMs: finishedMono - startedMono!,
    }
  }
  return {
    status: NAMES[as],
    attempts: task.phase === 'new' ? attempt - 1 : attempt,
    ...((as === State.succeeded || as === State.restored) && { output: value }),
    ...(as === State.skipped && { reason: value as string }),
    ...((as === State.failed || as === State.cancelled) && { thrown: { value } }),
    ...(as === State.cancelled && { reason: reasonOf(value) }),
    ...(finishedMono !== null && {
      startedAt: run.epochOf(startedMono!),
      finishedAt: run.epochOf(finishedMono),
      durationMs: finishedMono - startedMono!,
    }),
    ...(task.extra?.stillRunning === true && { givenUp: task.extra }),
  }
}

/** What became of a step that never started. */
export function unstarted(as: Settled, reason: string): StepRecord {
  return { status: NAMES[as], reason, attempts: 0 }
}

/** The errors of one result as data: the reason of a cancellation may be that of thousands of steps. */
const known = new WeakMap<Results, Map<unknown, ErrorData>>()

function dataOf(thrown: unknown, into: Results): ErrorData {
  const errors = known.get(into) ?? new Map<unknown, ErrorData>()
  const data = errors.get(thrown) ?? serializeError(thrown)
  known.set(into, errors.set(thrown, data))
  return data
}

/** The result that a record stands for, in the results `into`. */
export function resultOf(record: StepRecord, into: Results): StepResult {
  if (record.thrown === undefined && record.givenUp === undefined) return record
  const { thrown, givenUp, ...result } = record
  return {
    ...result,
    ...(thrown !== undefined && { error: dataOf(thrown.value, into) }),
    ...(givenUp?.stillRunning === true && { stillRunning: true as const }),
  }
}

/** In words of the result: why something was cancelled. */
export function reasonOf(error: unknown): string {
  return abortCodeOf(error)?.toLowerCase().replace('_', '-') ?? 'cancelled'
}

/** The event of a task that succeeded, whatever is kept of it. */
export function successEvent(run: RunState, task: Task, output: unknown): StepEnd {
  const { startedMono, tries: attempts, pipeline, stepId } = task
  const durationMs = startedMono === null ? 0 : run.turn() - startedMono
  return { runId: run.id, at: run.now(), pipeline, stepId, status: 'succeeded', attempts, durationMs, output }
}

/** The event that says the same as a record. `value` is what was thrown, when something was. */
export function endEvent(run: RunState, pipeline: string, stepId: string, record: StepRecord, value: unknown): StepEnd {
  const { status, attempts, durationMs = 0, output, reason } = record
  const event = { runId: run.id, at: run.now(), pipeline, stepId, status, attempts, durationMs }
  if (status === 'succeeded' || status === 'restored') return { ...event, output }
  return {
    ...event,
    ...(value !== undefined && status !== 'skipped' && { error: value }),
    ...(reason !== undefined && { reason }),
  }
}
