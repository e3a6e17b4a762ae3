import type { ErrorData, StepStatus } from '@pipe/core'
import type { AttemptRow, StepRow } from '../schema/tables.ts'
import { errorIn, isErrorData, readStored } from './stored-json.ts'

/** What has become of a step. One that is `running` in a run that is lost, or was interrupted, is so no more. */
export type TrackedStepStatus = StepStatus | 'running'

export const STEP_STATUSES = [
  'running',
  'succeeded',
  'restored',
  'skipped',
  'failed',
  'cancelled',
] as const satisfies readonly TrackedStepStatus[]

/** A step, or an item of a map, as the history has it. Times are epoch ms to a thousandth. */
export interface TrackedStep {
  readonly run: string
  /** Name of the pipeline of the run. */
  readonly pipeline: string
  /** Where it is in the run: `orders[42]/charge`. */
  readonly path: string
  /** The path without keys of items and numbers of iterations: `orders/charge`. */
  readonly step: string
  /** Key of the item, when it is an item of a map. */
  readonly key?: string
  /** `restored`: it was done by an execution that nobody tracked. */
  readonly status: TrackedStepStatus
  /** How many attempts were started; 0 when it did not run. */
  readonly attempts: number
  /** Absent when it did not run. */
  readonly startedAt?: number
  readonly endedAt?: number
  readonly durationMs?: number
  /** How long it was ready before it started. */
  readonly waitMs?: number
  /** Why it was skipped or cancelled. */
  readonly reason?: string
  /** What it threw; what the step inside of it threw, when that failed it. */
  readonly error?: ErrorData
  /** What it was given; absent unless captured. */
  readonly input?: unknown
  /** What it returned; absent unless captured. */
  readonly output?: unknown
  /** What became of its undo, when one ran. */
  readonly undo?: 'done' | 'failed'
  readonly undoError?: ErrorData
  /** The texts of what cannot be read as JSON, such as what was cut; such fields are absent, or say only part. */
  readonly unreadable?: Readonly<Partial<Record<'input' | 'output' | 'error' | 'undoError', string>>>
}

/** An attempt of a step that had several, or that failed. */
export interface TrackedAttempt {
  readonly run: string
  readonly path: string
  /** From 1. */
  readonly attempt: number
  readonly status: 'succeeded' | 'failed' | 'cancelled'
  readonly startedAt: number
  readonly endedAt: number
  /** When the next one was to start. */
  readonly retryAt?: number
  readonly error?: ErrorData
  /** The text of the error, when it cannot be read as JSON. */
  readonly unreadable?: { readonly error?: string }
}

/** A step by its row. */
export function stepOf(row: StepRow): TrackedStep {
  const { input, output, error, undo_error: undoError } = row
  const accepts = { error: isErrorData, undoError: isErrorData }
  const { values, unreadable } = readStored({ input, output, error, undoError }, accepts)
  const failure = errorIn(row, values.error)
  return {
    run: row.run_id,
    pipeline: row.pipeline,
    path: row.path,
    step: row.step,
    ...(row.item_key !== null && { key: row.item_key }),
    // Nobody writes another.
    status: row.status as TrackedStepStatus,
    attempts: row.attempts,
    ...(row.started_at !== null && { startedAt: row.started_at }),
    ...(row.ended_at !== null && { endedAt: row.ended_at }),
    ...(row.duration_ms !== null && { durationMs: row.duration_ms }),
    ...(row.wait_ms !== null && { waitMs: row.wait_ms }),
    ...(row.reason !== null && { reason: row.reason }),
    ...(failure !== undefined && { error: failure }),
    ...('input' in values && { input: values.input }),
    ...('output' in values && { output: values.output }),
    ...(row.undo_status !== null && { undo: row.undo_status === 'done' ? 'done' : 'failed' }),
    ...(isErrorData(values.undoError) && { undoError: values.undoError }),
    ...(unreadable !== undefined && { unreadable }),
  }
}

/** An attempt by its row. */
export function attemptOf(row: AttemptRow): TrackedAttempt {
  const { values, unreadable } = readStored({ error: row.error }, { error: isErrorData })
  const failure = errorIn(row, values.error)
  return {
    run: row.run_id,
    path: row.path,
    attempt: row.attempt,
    // Nobody writes another.
    status: row.status as TrackedAttempt['status'],
    startedAt: row.started_at,
    endedAt: row.ended_at,
    ...(row.retry_at !== null && { retryAt: row.retry_at }),
    ...(failure !== undefined && { error: failure }),
    ...(unreadable !== undefined && { unreadable }),
  }
}
