import type { PipelineError } from '@pipe/core'

/**
 * What an execution is doing.
 * - `idle` nothing was started yet; `running` it ticks by itself; `paused` it will go on with that when resumed
 * - `stopped` what was started has come to its end; `error` a tick was impossible
 */
export type ExecutionState = 'idle' | 'running' | 'paused' | 'stopped' | 'error'

/** How an execution ticks: only when told to, back to back, or at fixed times. */
export type ExecutionMode = 'manual' | 'auto' | 'interval'

/**
 * What a tick came to.
 * - `running` the pass goes on with the next tick
 * - `success`, `failure` the pass has ended; the next tick begins another one
 * - `cancelled` the pass was cut off: by `stop`, or because the pipe shuts down
 */
export type TickStatus = 'running' | 'success' | 'failure' | 'cancelled'

/** Where an execution is: plain data, with `null` where there is nothing. Times are epoch ms. */
export interface ExecutionStatus {
  readonly executionId: string
  /** Name of the pipeline. */
  readonly pipeline: string
  readonly state: ExecutionState
  /** What was started last; `manual` while nothing was. */
  readonly mode: ExecutionMode
  /** Milliseconds from one tick to the next; `null` unless the mode is `interval`. */
  readonly intervalMs: number | null
  /** After how many ticks it stops; `null` when there is no limit. */
  readonly maxTicks: number | null
  /** How many ticks the last start has begun. Those of `tick()` are not among them. */
  readonly ticksExecuted: number
  /** How many slots of the interval passed during a tick, paused or not, and were left out, since the last start. */
  readonly skippedTicks: number
  /** Number of the last tick that began, from 1, of all there were; 0 before the first. */
  readonly tick: number
  /** Number of the last pass that began, from 1; 0 before the first. */
  readonly pass: number
  /** What the last tick came to. */
  readonly tickStatus: TickStatus | null
  /** When it was started last. */
  readonly startedAt: number | null
  /** When that came to its end. */
  readonly stoppedAt: number | null
  /** What made a tick impossible, while the state is `error`. */
  readonly errorMessage: string | null
}

/** What every tick answers with. */
interface TickBase {
  /** Number of the tick, from 1, of all that the execution had. */
  readonly tick: number
  /** Number of the pass that it belongs to, from 1. */
  readonly pass: number
  /** Epoch ms. */
  readonly startedAt: number
  /** Milliseconds with fractions. */
  readonly durationMs: number
}

/** The answer of a tick after which more is ready. */
export interface RunningTick extends TickBase {
  readonly status: 'running'
  readonly output?: undefined
  readonly error?: undefined
}

/** The answer of a tick that ended its pass well. */
export interface SucceededTick<O> extends TickBase {
  readonly status: 'success'
  /** The output of the pipeline. */
  readonly output: O
  readonly error?: undefined
}

/** The answer of a tick that ended its pass without an output. */
export interface FailedTick extends TickBase {
  readonly status: 'failure' | 'cancelled'
  readonly output?: undefined
  /** Its `cause` is what the step threw, its `result` the result of the pass. */
  readonly error: PipelineError
}

/** What came of a tick. `status` tells which of the three it is. */
export type Tick<O = unknown> = RunningTick | SucceededTick<O> | FailedTick
