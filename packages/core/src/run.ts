import type { Events } from './emitter.ts'
import type { ActiveRun } from './engine/active-run.ts'
import type { Reject, Resolve } from './engine/run-layers.ts'
import { PipelineError } from './errors.ts'
import { eventStream } from './event-stream.ts'
import type { PipeEvent } from './hooks.ts'
import { wholeNumber } from './number.ts'
import type { RunResult, RunStatus } from './result.ts'
import type { StartOptions } from './run-options.ts'

/**
 * A run that can be watched and controlled. Made by `start`; its first step starts in the next microtask, so that
 * listeners added at once miss nothing.
 */
export class Run<O> implements AsyncIterable<PipeEvent> {
  /** What became of it. Never rejects. */
  readonly result: Promise<RunResult<O>>
  readonly #active: ActiveRun
  readonly #ended: Promise<unknown>
  readonly #begun: Promise<void>

  /** @internal */
  constructor(
    prepare: (resolve: Resolve, reject: Reject) => ActiveRun,
    begin: (active: ActiveRun) => Promise<void> | void,
    options: StartOptions = {},
  ) {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>()
    this.#ended = promise
    const active = prepare(resolve, reject)
    this.#active = active
    this.#begun = Promise.resolve().then(() => begin(active))
    // What the pipeline returns is an O: the engine has no types, the definition had them.
    const result = () => this.#active.result as RunResult<O>
    this.result = promise.then(result, result)
    if (options.paused === true) active.pause()
  }

  /** Id of the run. */
  get id(): string {
    return this.#active.id
  }

  /** What it is doing: `paused` when nothing new may start, although steps may still be running. */
  get status(): 'running' | 'paused' | RunStatus {
    const { status, paused } = this.#active
    return status === 'running' && paused ? 'paused' : status
  }

  /** The output; rejects with a `PipelineError` when the run fails or is cancelled. */
  get output(): Promise<O> {
    return this.#ended as Promise<O>
  }

  /** Events of this run only. */
  get events(): Events {
    return this.#active.events
  }

  /**
   * Stops the run: running steps are told by their signal, nothing new starts, what was completed is undone, and the run
   * ends as `cancelled`; as `failed` when a step had failed before. Does nothing when it has ended or is stopping.
   *
   * @param reason becomes the cause of the error; a `PipelineError` with an abort code is taken as it is
   */
  cancel(reason?: unknown): void {
    this.#active.cancel(reason)
  }

  /**
   * Lets nothing new start; what is running goes on.
   *
   * @throws PipelineError `RUN_STATE` unless it is running
   */
  pause(): void {
    this.#expect('running', 'paused')
    this.#active.pause()
  }

  /**
   * Ends a pause.
   *
   * @throws PipelineError `RUN_STATE` unless it is paused
   */
  resume(): void {
    this.#expect('paused', 'resumed')
    this.#active.resume()
  }

  /**
   * Advances a paused run: starts every step that is ready, and waits until nothing that it started is running and others
   * are ready; `times` times, or until the run has ended. Steps that ran when the run was paused are not waited for. One that
   * waits for its next attempt is ready when that is due.
   *
   * @returns the status after that
   * @throws PipelineError `RUN_STATE` unless it is paused, `OPTION_INVALID` unless `times` is a whole number from 1 up
   */
  async tick(times = 1): Promise<'running' | 'paused' | RunStatus> {
    wholeNumber(times, 'times')
    this.#expect('paused', 'ticked')
    await this.#begun
    for (let i = 0; i < times && this.status === 'paused'; i++) {
      await Promise.race([this.#active.gate?.tick(), this.result])
    }
    return this.status
  }

  /**
   * The events of core from now until its end. They wait for their reader, so read to the end or leave the loop.
   */
  [Symbol.asyncIterator](): AsyncGenerator<PipeEvent, void, undefined> {
    return eventStream(this.events, this.result)
  }

  #expect(status: Run<O>['status'], done: string): void {
    if (this.status === status) return
    const { owner } = this.#active
    const message = `Run ${this.id} cannot be ${done}: it is ${this.status}, not ${status}.`
    throw new PipelineError('RUN_STATE', message, { pipeline: owner.name })
  }
}
