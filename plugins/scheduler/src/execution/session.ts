import type { Clock, TimerHandle } from '@pipe/core'
import { turnOf, turns } from '../turns.ts'
import { type Pace, paceOf } from './pace.ts'
import type { Start } from './start-options.ts'
import type { ExecutionStatus, Tick } from './status.ts'

/** The longest sleep that a platform timer knows: 24.8 days. */
const LONGEST = 2 ** 31 - 1

/** What made a tick impossible. */
export interface Failure {
  readonly error: unknown
}

/** What a session works on. */
export interface SessionHost {
  readonly clock: Clock
  /** Makes a tick, once those who tick already are done, from `begins` to `ended`; answers `null` when none may begin. */
  tick(): Promise<Tick | null>
  /** The session has come to its own end. */
  completed(reason: 'terminal' | 'max-ticks'): void
  /** A tick was impossible. */
  failed(error: unknown): void
}

/** What one start of an execution set going: ticks, until it is ended. */
export class Session {
  readonly start: Start
  /** Epoch ms. */
  readonly startedAt: number
  /** Epoch ms; `null` until it is ended. */
  stoppedAt: number | null = null
  state: 'running' | 'paused' | 'stopped' | 'error' = 'running'
  /** Why it ended, when the state is `error`. */
  failure: Failure | null = null
  /** The status of the execution when this had ended and its last tick was over: what follows may have begun since. */
  last: ExecutionStatus | null = null
  /** How many ticks it has begun. */
  ticksExecuted = 0
  readonly #host: SessionHost
  readonly #pace: Pace
  /** Ends its sleep; `null` while it is awake. */
  #wake: (() => void) | null = null

  constructor(start: Start, host: SessionHost) {
    this.start = start
    this.#host = host
    this.startedAt = host.clock.now()
    this.#pace = paceOf(start, host.clock)
  }

  get isOver(): boolean {
    return this.state === 'stopped' || this.state === 'error'
  }

  get skippedTicks(): number {
    return this.#pace.skipped
  }

  pause(): void {
    this.state = 'paused'
    this.#wake?.()
  }

  resume(): void {
    this.state = 'running'
    this.#pace.resumed()
    this.#wake?.()
  }

  end(state: 'stopped' | 'error', failure: Failure | null): void {
    this.state = state
    this.failure = failure
    this.stoppedAt = this.#host.clock.now()
    this.#wake?.()
  }

  /** Ticks until it is ended. Resolves after the last tick; never rejects. */
  async run(): Promise<void> {
    // Those who observe from now on miss nothing.
    await Promise.resolve()
    while (!this.isOver) {
      const left = this.#pace.left()
      if (this.state === 'paused') await this.#sleep(Infinity)
      else if (left > 0) await this.#sleep(left)
      else await this.#tick()
    }
  }

  /** Counts a tick that begins now; answers false when none may. */
  begins(): boolean {
    // It may have been paused and resumed while this one waited.
    if (this.state !== 'running' || this.#pace.left() > 0) return false
    this.ticksExecuted++
    this.#pace.began()
    return true
  }

  /** That tick has ended. */
  ended(): void {
    this.#pace.ended()
  }

  async #tick(): Promise<void> {
    const turn = this.start.mode === 'auto' ? turns.next() : turnOf(this.#host.clock)
    if (turn !== undefined) await turn
    try {
      const tick = await this.#host.tick()
      if (tick === null || this.isOver) return
      if (tick.status !== 'running' && this.start.stopOnTerminal) this.#host.completed('terminal')
      else if (this.ticksExecuted >= this.start.maxTicks) this.#host.completed('max-ticks')
    } catch (error) {
      if (!this.isOver) this.#host.failed(error)
    }
  }

  /** Waits until it is woken, at the latest after so many ms. */
  #sleep(ms: number): Promise<void> {
    const { clock } = this.#host
    return new Promise((resolve) => {
      let timer: TimerHandle
      this.#wake = () => {
        this.#wake = null
        if (ms < Infinity) clock.clearTimeout(timer)
        resolve()
      }
      if (ms < Infinity) timer = clock.setTimeout(() => this.#wake?.(), Math.min(ms, LONGEST))
    })
  }
}
