import { type Clock, invalidOption, PipelineError } from '@pipe/core'
import type { Announcer } from '../announcer.ts'
import { turns } from '../turns.ts'
import type { Blackboard } from './blackboard.ts'
import type { ExecutionComplete, ExecutionEventName, ExecutionEvents, ExecutionStateEvent } from './events.ts'
import type { Execution } from './execution.ts'
import type { ExecutionHistory } from './history.ts'
import { Lock } from './lock.ts'
import { type Failure, Session } from './session.ts'
import { type StartExecutionOptions, startOf } from './start-options.ts'
import type { ExecutionStatistics, Tally } from './statistics.ts'
import type { ExecutionState, ExecutionStatus, Tick } from './status.ts'
import { statusOf } from './status-of.ts'
import type { Ticker } from './ticker.ts'

/** What an execution is put together from. */
export interface ExecutionParts<B, O> {
  readonly id: string
  readonly pipeline: string
  readonly clock: Clock
  readonly blackboard: Blackboard<B>
  readonly announcer: Announcer<ExecutionEventName>
  readonly tally: Tally
  readonly history: ExecutionHistory<B>
  /** Empties the history. */
  readonly forget: () => void
  readonly ticker: Ticker<O>
}

/** The execution itself: what may be done in which state, and what it leads to. */
export class Controller<B, O> implements Execution<B, O> {
  readonly #parts: ExecutionParts<B, O>
  readonly #lock = new Lock()
  #session: Session | null = null
  /** Resolves when the session has come to rest; `null` while nothing was started. */
  #done: Promise<ExecutionStatus> | null = null
  #release: (() => void) | null = null
  /** What made a tick impossible, since the last start. */
  #failure: Failure | null = null
  /** How often it was told to stop: what was asked for before is not done any more. */
  #stops = 0
  #isDeleted = false
  #deleted: Promise<void> | null = null

  constructor(parts: ExecutionParts<B, O>) {
    this.#parts = parts
  }

  get id(): string {
    return this.#parts.id
  }

  get blackboard(): Blackboard<B> {
    return this.#parts.blackboard
  }

  get events(): ExecutionEvents {
    return this.#parts.announcer.events
  }

  get history(): ExecutionHistory<B> {
    return this.#parts.history
  }

  get statistics(): ExecutionStatistics {
    return this.#parts.tally.statistics
  }

  get status(): ExecutionStatus {
    return statusOf(this.#parts, this.#session, this.#failure)
  }

  get isRunning(): boolean {
    return this.status.state === 'running'
  }

  get error(): unknown {
    return this.#failure?.error
  }

  get done(): Promise<ExecutionStatus> {
    return this.#done ?? Promise.resolve(this.status)
  }

  async tick(count = 1): Promise<Tick<O>> {
    if (!Number.isSafeInteger(count) || count < 1)
      throw invalidOption({ owner: 'tick() of an execution' }, count, 'a whole number from 1 up', 'count')
    this.#expect('ticked', 'idle', 'paused', 'stopped', 'error')
    const stops = this.#stops
    await this.#lock.take()
    try {
      let last: Tick<O> | null = null
      for (let i = 0; i < count && stops === this.#stops; i++) {
        if (i > 0) await turns.next()
        if (stops === this.#stops) last = await this.#tickByHand()
      }
      return last ?? this.#refuse('ticked', 'it was stopped meanwhile')
    } finally {
      this.#lock.release()
    }
  }

  start(options: StartExecutionOptions): ExecutionStatus {
    this.#expect('started', 'idle', 'stopped', 'error')
    const start = startOf(options)
    const session: Session = new Session(start, {
      clock: this.#parts.clock,
      tick: () => this.#tickFor(session),
      completed: (reason) => this.#complete(reason),
      failed: (error) => this.#fail(error),
    })
    this.#session = session
    this.#failure = null
    this.#listen(start.signal)
    this.#done = session.run().then(() => statusOf(this.#parts, session, session.failure))
    this.#tell('execution:start')
    if (start.signal?.aborted === true) void this.stop(start.signal.reason)
    return this.status
  }

  pause(): ExecutionStatus {
    this.#expect('paused', 'running')
    this.#session?.pause()
    this.#tell('execution:pause')
    return this.status
  }

  resume(): ExecutionStatus {
    this.#expect('resumed', 'paused')
    this.#session?.resume()
    this.#tell('execution:resume')
    return this.status
  }

  async stop(reason?: unknown): Promise<ExecutionStatus> {
    this.#stops++
    if (this.#end('stopped')) this.#tell('execution:stop')
    const { id, pipeline, ticker } = this.#parts
    const cause = reason === undefined ? {} : { cause: reason }
    const error = new PipelineError('CANCELLED', `Execution ${id} was stopped.`, { pipeline, ...cause })
    const done = this.#done
    // Whatever is asked for from now on waits until this is over.
    await Promise.all([ticker.cancel(error), this.#lock.take()])
    this.#lock.release()
    await done
    return this.status
  }

  async settled(): Promise<void> {
    await this.#lock.take()
    this.#lock.release()
  }

  delete(): Promise<void> {
    return (this.#deleted ??= this.#delete())
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.delete()
  }

  async #delete(): Promise<void> {
    this.#isDeleted = true
    await this.stop()
    this.#parts.announcer.clear()
    this.#parts.forget()
  }

  async #tickByHand(): Promise<Tick<O>> {
    try {
      return await this.#parts.ticker.tick({ mode: 'manual', isRunning: this.isRunning })
    } catch (error) {
      this.#fail(error)
      throw error
    }
  }

  /** Makes a tick for a session, when it is its turn. */
  async #tickFor(session: Session): Promise<Tick<O> | null> {
    const taken = this.#lock.take()
    if (taken !== undefined) await taken
    try {
      if (!session.begins()) return null
      return await this.#parts.ticker.tick({ mode: session.start.mode, isRunning: true })
    } finally {
      this.#lock.release()
    }
  }

  #complete(reason: ExecutionComplete['reason']): void {
    this.#end('stopped')
    const { announcer } = this.#parts
    if (announcer.observes('execution:complete')) announcer.tell('execution:complete', { ...this.#event, reason })
  }

  #fail(error: unknown): void {
    this.#failure = { error }
    this.#end('error', this.#failure)
    const { announcer } = this.#parts
    if (announcer.observes('execution:error')) announcer.tell('execution:error', { ...this.#event, error })
  }

  /** Ends what was started, and answers whether there was something to end. */
  #end(state: 'stopped' | 'error', failure: Failure | null = null): boolean {
    const session = this.#session
    if (session === null || session.isOver) return false
    session.end(state, failure)
    this.#release?.()
    this.#release = null
    return true
  }

  /** Stops when the signal aborts. */
  #listen(signal: AbortSignal | undefined): void {
    const stop = () => void this.stop(signal?.reason)
    signal?.addEventListener('abort', stop)
    this.#release = () => signal?.removeEventListener('abort', stop)
  }

  get #event(): ExecutionStateEvent {
    const { id: executionId, pipeline, clock } = this.#parts
    return { executionId, pipeline, at: clock.now(), status: this.status }
  }

  #tell(name: 'execution:start' | 'execution:pause' | 'execution:resume' | 'execution:stop'): void {
    const { announcer } = this.#parts
    if (announcer.observes(name)) announcer.tell(name, this.#event)
  }

  /** @throws PipelineError `EXECUTION_STATE` unless it is in one of these states */
  #expect(done: string, ...states: readonly ExecutionState[]): void {
    const { state } = this.status
    if (this.#isDeleted) this.#refuse(done, 'it is deleted')
    if (!states.includes(state)) this.#refuse(done, `it is ${state}, not ${states.join(' or ')}`)
  }

  #refuse(done: string, why: string): never {
    const { id, pipeline } = this.#parts
    throw new PipelineError('EXECUTION_STATE', `Execution ${id} cannot be ${done}: ${why}.`, { pipeline })
  }
}
