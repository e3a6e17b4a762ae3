/** An error as plain data. See `serializeError`. */
export interface ErrorData {
  readonly name: string
  readonly message: string
  readonly stack?: string
  readonly code?: unknown
  readonly cause?: ErrorData
  /** The errors of an `AggregateError`. */
  readonly errors?: readonly ErrorData[]
  /** What was thrown, when it was not an error. */
  readonly value?: unknown
  readonly [field: string]: unknown
}

/**
 * How a step ended.
 * - `succeeded` it returned; `restored` a middleware answered with a recorded output and it did not run
 * - `skipped` its condition was false, or a step before it failed (`reason` says which)
 * - `failed` its last attempt failed; `cancelled` it was aborted, or never started
 */
export type StepStatus = 'succeeded' | 'restored' | 'skipped' | 'failed' | 'cancelled'

/** How a run ended. */
export type RunStatus = 'succeeded' | 'failed' | 'cancelled'

/** How many items of a map ended how. */
export interface ItemCounts {
  readonly total: number
  readonly succeeded: number
  readonly failed: number
  readonly cancelled: number
}

/** What became of one step. Times are there when the run was recorded and the step started. */
export interface StepResult {
  readonly status: StepStatus
  /** What it returned; absent unless it succeeded or was restored. */
  readonly output?: unknown
  readonly error?: ErrorData
  /** Why it was skipped or cancelled: `condition`, `upstream-failed`, or words of a middleware. */
  readonly reason?: string
  /** How many attempts were started. */
  readonly attempts: number
  /** Epoch ms. */
  readonly startedAt?: number
  /** Epoch ms. */
  readonly finishedAt?: number
  /** Milliseconds with fractions, from the start of the first attempt to the end. */
  readonly durationMs?: number
  /** The step was given up (time out, grace over) while its function had not returned. */
  readonly stillRunning?: true
  /** What became of its undo, when one ran. */
  readonly undo?: 'done' | ErrorData
  /** `map` only. The map's items follow it as `id[key]`: the first 1,000, and of the others those that did not succeed. */
  readonly items?: ItemCounts
}

/**
 * What plugins add to results, by name: they extend it by declaration merging, and hand it over with
 * `RunContext.report`. Plain, serialisable data.
 * ```ts
 * declare module '@pipe/core' {
 *   interface RunReports { readonly cost: { readonly euros: number } }
 * }
 * ```
 */

export interface RunReports {}

/** How many undos ran, in a run. */
export interface UndoCounts {
  /** How many did what they were for. */
  done: number
  /** How many threw, or took too long: what they were to take back may still be there. */
  failed: number
}

/** What every result has. */
interface RunResultBase {
  readonly runId: string
  readonly pipeline: string
  readonly version?: string
  /** Every step by path, in declaration order. The steps of an inner pipeline are there once it was started. */
  readonly steps: Readonly<Record<string, StepResult>>
  /** Epoch ms. The same as `finishedAt` when no times were taken: the run was not started with `start`, nor observed. */
  readonly startedAt: number
  /** Epoch ms. */
  readonly finishedAt: number
  readonly durationMs: number
  readonly tags?: Readonly<Record<string, string>>
  /** How many undos ran; absent when none did. The step of each says in `undo` how it went. */
  readonly undo?: Readonly<UndoCounts>
  /** What plugins reported, by name; absent when none did. */
  readonly reports?: Readonly<Partial<RunReports>>
}

/** The result of a run that succeeded. */
export interface SucceededRun<O> extends RunResultBase {
  readonly status: 'succeeded'
  /** The output of the pipeline. */
  readonly output: O
  readonly error?: undefined
}

/** The result of a run that failed or was cancelled. */
export interface FailedRun extends RunResultBase {
  readonly status: 'failed' | 'cancelled'
  readonly output?: undefined
  readonly error: ErrorData
}

/** What became of a run: plain data, serialisable when the outputs are. `status` tells which of the two it is. */
export type RunResult<O = unknown> = SucceededRun<O> | FailedRun
