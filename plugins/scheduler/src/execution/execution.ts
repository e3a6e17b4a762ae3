import type { Blackboard } from './blackboard.ts'
import type { ExecutionEvents } from './events.ts'
import type { ExecutionHistory } from './history.ts'
import type { StartExecutionOptions } from './start-options.ts'
import type { ExecutionStatistics } from './statistics.ts'
import type { ExecutionStatus, Tick } from './status.ts'

/**
 * A pipeline that is gone through again and again, step by step, with a blackboard that stays. Made by `createExecution`.
 *
 * A tick starts every step that is ready and waits until they have settled. A pass is one way through the pipeline: a run
 * of it. The tick after the end of a pass begins the next one, on the same blackboard.
 */
export interface Execution<B, O> extends AsyncDisposable {
  /** Id of the execution. */
  readonly id: string
  /** What the steps share. May be read and changed at any time; history has it with the tick that follows. */
  readonly blackboard: Blackboard<B>
  /** Events of this execution only. */
  readonly events: ExecutionEvents
  /** What the last ticks left. */
  readonly history: ExecutionHistory<B>
  /** How ticks and steps fared so far. */
  readonly statistics: ExecutionStatistics
  /** Where it is, as a plain object. */
  readonly status: ExecutionStatus
  /** Whether it ticks by itself: not while it is paused, and not any more when that has come to its end. */
  readonly isRunning: boolean
  /** What made a tick impossible; `undefined` unless the state is `error`. */
  readonly error: unknown
  /**
   * The status when what was started last has come to its end, however that came about, and its last tick is over. Never
   * rejects. Resolves at once when nothing was started.
   */
  readonly done: Promise<ExecutionStatus>
  /**
   * Makes ticks by hand. Calls queue up: they never overlap, and each makes its ticks in a row. A step that fails is no
   * error: the answer says so.
   *
   * @param count how many ticks, a whole number from 1 up. Default 1
   * @returns the answer of the last tick; when it was stopped on the way, of the last there was
   * @throws PipelineError `EXECUTION_STATE` while it is running (pause it first), when it was stopped before the first tick,
   * and when it is deleted; what made a tick impossible, such as `INPUT_INVALID`, `SERVICE_MISSING` or `PIPE_CLOSED`
   */
  tick(count?: number): Promise<Tick<O>>
  /**
   * Lets it tick by itself. The first tick begins in the next microtask at the earliest, so that listeners added at once
   * miss nothing. A pass that is under way is gone on with.
   *
   * @throws PipelineError `EXECUTION_STATE` while it is running or paused or ticks by hand are going on, and when it is
   * deleted; `OPTION_INVALID`
   */
  start(options: StartExecutionOptions): ExecutionStatus
  /**
   * Lets no other tick begin but those by hand; one that is going on comes to its end (see {@link settled}). The slots of an
   * interval that pass meanwhile are left out.
   *
   * @throws PipelineError `EXECUTION_STATE` unless it is running
   */
  pause(): ExecutionStatus
  /**
   * Goes on after a pause, and after ticks by hand that were asked for meanwhile: with an interval, at its next slot; with a
   * fixed delay, at once when that has passed.
   *
   * @throws PipelineError `EXECUTION_STATE` unless it is paused
   */
  resume(): ExecutionStatus
  /**
   * Ends what was started, and cuts off the pass that is under way: the signals of its steps abort, what it did is undone,
   * and the next tick, if there is one, begins another. The state changes at once; while nothing is started it stays, and
   * only the pass is cut off. Do not wait for it in a step: it waits for the step.
   *
   * @param reason becomes the cause of the error that the steps and the answer of the tick get
   * @returns the status, when nothing runs any more: that of what was stopped, also when it was started again since
   */
  stop(reason?: unknown): Promise<ExecutionStatus>
  /** Resolves when no tick is going on, also none that `tick` was called for. */
  settled(): Promise<void>
  /**
   * Stops it and lets go of everything: listeners, history. Afterwards it can be asked, and not started or ticked. May be
   * called again. A pass that is under way keeps its pipe from being closed, so delete executions first.
   */
  delete(): Promise<void>
}
