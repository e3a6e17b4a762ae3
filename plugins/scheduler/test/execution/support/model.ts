import type { ExecutionState, ExecutionStatus, StartExecutionOptions, TickStatus } from '../../../src/index.ts'

/** The pass in which the second of three steps fails. */
export const fails = (pass: number): boolean => pass % 4 === 0

/** What was started, as the model has it. */
interface ModelSession {
  readonly options: StartExecutionOptions & { readonly interval?: number }
  readonly startedAt: number
  due: number
  executed: number
}

/**
 * What an execution of three steps in a row should be, in as few words as possible: ticks take no time, and what was asked
 * for happens when the world comes to rest.
 */
export class Model {
  state: ExecutionState = 'idle'
  now = 0
  #tick = 0
  #pass = 0
  /** How many ticks the pass had; 0 when none is under way. */
  #phase = 0
  #tickStatus: TickStatus | null = null
  #session: ModelSession | null = null
  /** Ticks by hand that were asked for. */
  #asked: number[] = []

  may(op: 'tick' | 'start' | 'pause' | 'resume'): boolean {
    const { state } = this
    if (op === 'tick') return state !== 'running'
    if (op === 'start') return state !== 'running' && state !== 'paused' && this.#asked.length === 0
    return state === (op === 'pause' ? 'running' : 'paused')
  }

  tick(count: number): void {
    this.#asked.push(count)
  }

  start(options: ModelSession['options']): void {
    this.state = 'running'
    this.#session = { options, startedAt: this.now, due: this.now, executed: 0 }
  }

  pause(): void {
    this.state = 'paused'
  }

  resume(): void {
    this.state = 'running'
    const { options, startedAt, due } = this.#session!
    const { mode, interval = 100, fixedDelay = false } = options
    if (mode === 'auto' || fixedDelay) return
    const slot = startedAt + Math.ceil((this.now - startedAt) / interval) * interval
    this.#session!.due = Math.max(due, slot)
  }

  stop(): void {
    if (this.state === 'running' || this.state === 'paused') this.state = 'stopped'
    this.#phase = 0
    this.#asked = []
  }

  /** Everything happens that can happen without time. */
  rest(): void {
    for (const count of this.#asked.splice(0)) for (let i = 0; i < count; i++) this.#makeTick()
    const session = this.#session
    while (
      session !== null &&
      this.state === 'running' &&
      (session.options.mode === 'auto' || session.due <= this.now)
    ) {
      const { mode, interval = 100, maxTicks = Infinity, stopOnTerminal = true } = session.options
      session.executed++
      if (mode === 'interval') session.due += interval
      // With a fixed delay it counts from the end, which is now; after a pause that is later than the slot.
      if (session.options.fixedDelay === true) session.due = this.now + interval
      const status = this.#makeTick()
      if ((status !== 'running' && stopOnTerminal) || session.executed >= maxTicks) this.state = 'stopped'
    }
  }

  /** Time passes. */
  advance(ms: number): void {
    this.rest()
    const end = this.now + ms
    while (this.state === 'running' && this.#session !== null && this.#session.due <= end) {
      this.now = this.#session.due
      this.rest()
    }
    this.now = end
  }

  get status(): Partial<ExecutionStatus> {
    const { state } = this
    const [tick, pass, tickStatus] = [this.#tick, this.#pass, this.#tickStatus]
    const { options, executed = 0 } = this.#session ?? {}
    const mode = options?.mode ?? 'manual'
    return { state, mode, ticksExecuted: executed, skippedTicks: 0, tick, pass, tickStatus, errorMessage: null }
  }

  #makeTick(): TickStatus {
    this.#tick++
    if (this.#phase === 0) this.#pass++
    this.#phase++
    this.#tickStatus = this.#phase === 3 ? 'success' : this.#phase === 2 && fails(this.#pass) ? 'failure' : 'running'
    if (this.#tickStatus !== 'running') this.#phase = 0
    return this.#tickStatus
  }
}
