import { invalidOption } from '@pipe/core'
import { turnOf, turns } from '../turns.ts'
import type { Blackboard } from './blackboard.ts'
import { refused, stopped } from './errors.ts'
import type { ExecutionComplete, ExecutionEvents, ExecutionStateEvent } from './events.ts'
import type { Execution } from './execution.ts'
import type { ExecutionHistory } from './history.ts'
import { Lock } from './lock.ts'
import type { ExecutionParts } from './parts.ts'
import { type Failure, Session } from './session.ts'
import { type StartExecutionOptions, startOf } from './start-options.ts'
import type { ExecutionStatistics } from './statistics.ts'
import type { ExecutionState, ExecutionStatus, Tick } from './status.ts'
import { statusOf } from './status-of.ts'

/** The execution itself: what may be done in which state, and what it leads to. */
export class Controller<B, O> implements Execution<B, O> {
  readonly #parts: ExecutionParts<B, O>
  readonly #lock = new Lock()
  #session: Session | null = null
  /** Resolves when the session has come to rest; `null` while nothing was started. */
  #done: Promise<ExecutionStatus> | null = null
  #release: (() => void) | null = null
  /** What made the last tick by hand impossible while nothing was started; what was started knows its own. */
  #failure: Failure | null = null
  /** How often it was told to stop: what was asked for before is not done any more. */
  #stops = 0
  /** How many calls of `tick` are not done yet, since it was last told to stop. */
  #asked = 0
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
    return statusOf(this.#parts, this.#session, this.#trouble)
  }

  get isRunning(): boolean {
    return this.status.state === 'running'
  }

  get error(): unknown {
    return this.#trouble?.error
  }

  get done(): Promise<ExecutionStatus> {
    return this.#done ?? Promise.resolve(this.status)
  }

  async tick(count = 1): Promise<Tick<O>> {
    if (!Number.isSafeInteger(count) || count < 1)
      throw invalidOption({ owner: 'tick() of an execution' }, count, 'a whole number from 1 up', 'count')
    this.#expect('ticked', 'idle', 'paused', 'stopped', 'error')
    const stops = this.#stops
    this.#asked++
    await this.#lock.take()
    try {
      let last: Tick<O> | null = null
      for (let i = 0; i < count && stops === this.#stops; i++) {
        const turn = i > 0 ? turns.next() : turnOf(this.#parts.clock)
        if (turn !== undefined) await turn
        if (stops === this.#stops) last = await this.#tickByHand()
      }
      return last ?? this.#refuse('ticked', 'it was stopped meanwhile')
    } finally {
      if (stops === this.#stops) this.#asked--
      this.#lock.release()
    }
  }

  start(options: StartExecutionOptions): ExecutionStatus {
    this.#expect('started', 'idle', 'stopped', 'error')
    if (this.#asked > 0) this.#refuse('started', 'ticks by hand are going on; wait for them, or stop it')
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
    this.#done = session.run().then(() => session.last ?? this.status)
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
    this.#asked = 0
    const [session, done] = [this.#session, this.#done]
    // Before anybody is told: whatever is asked for from now on waits until this is over.
    const held = this.#lock.take()
    if (this.#end('stopped')) this.#tell('execution:stop')
    await Promise.all([this.#parts.ticker.cancel(stopped(this.#parts, reason)), held])
    // What was started since then is not meant.
    const status = session === this.#session ? this.status : statusOf(this.#parts, session)
    this.#lock.release()
    await done
    return status
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
      const tick = await this.#parts.ticker.tick({ mode: 'manual', isRunning: this.isRunning })
      this.#failure = null
      return tick
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
      const tick = await this.#parts.ticker.tick({ mode: session.start.mode, isRunning: true })
      session.ended()
      return tick
    } finally {
      if (session.isOver) session.last = statusOf(this.#parts, session)
      this.#lock.release()
    }
  }

  #complete(reason: ExecutionComplete['reason']): void {
    this.#end('stopped')
    const { announcer } = this.#parts
    if (announcer.observes('execution:complete')) announcer.tell('execution:complete', { ...this.#event, reason })
  }

  #fail(error: unknown): void {
    const failure = { error }
    if (!this.#end('error', failure)) this.#failure = failure
    const { announcer } = this.#parts
    if (announcer.observes('execution:error')) announcer.tell('execution:error', { ...this.#event, error })
  }

  /** Ends what was started, and answers whether there was something to end. */
  #end(state: 'stopped' | 'error', failure: Failure | null = null): boolean {
    const session = this.#session
    if (session === null || session.isOver) return false
    session.end(state, failure)
    session.last = statusOf(this.#parts, session)
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

  /** What made a tick impossible. */
  get #trouble(): Failure | null {
    return this.#failure ?? this.#session?.failure ?? null
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
    throw refused(this.#parts, done, why)
  }
}
