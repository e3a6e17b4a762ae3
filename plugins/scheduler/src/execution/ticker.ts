import { type Clock, isPipelineError, messageOf, PipelineError, type Run, serializeError } from '@pipe/core'
import type { Announcer } from '../announcer.ts'
import type { Board } from './board.ts'
import type { ExecutionEventName } from './events.ts'
import type { History } from './history.ts'
import { Pass, type PassTick } from './pass.ts'
import type { Tally } from './statistics.ts'
import type { ExecutionMode, Tick, TickStatus } from './status.ts'
import { StepLog } from './step-log.ts'

/** What ticks are made with. */
export interface TickerParts<O> {
  readonly executionId: string
  readonly pipeline: string
  readonly clock: Clock
  /** Starts a run of the pipeline that begins paused. */
  readonly begin: () => Run<O>
  readonly board: Board
  readonly announcer: Announcer<ExecutionEventName>
  readonly tally: Tally
  /** `null` when none is kept. */
  readonly history: History | null
}

/** On whose behalf a tick happens. */
export interface TickedBy {
  readonly mode: ExecutionMode
  /** Whether the execution is running, by itself. */
  readonly isRunning: boolean
}

/** What a tick came to, and what made it impossible, if anything did. */
interface Came<O> {
  readonly outcome: PassTick<O>
  readonly impossible: PipelineError | null
}

/** Makes ticks, one after the other, of pass after pass; counts them, keeps and tells what they came to. */
export class Ticker<O> {
  /** Number of the last tick that began, and of the last pass. */
  tickNumber = 0
  passNumber = 0
  /** What the last tick came to. */
  status: TickStatus | null = null
  readonly #parts: TickerParts<O>
  readonly #steps: StepLog
  #pass: Pass<O> | null = null
  /** Why the tick that is going on, if there is one, is to be cut off; `null` when it is not. */
  #reason: PipelineError | null = null

  constructor(parts: TickerParts<O>) {
    this.#parts = parts
    this.#steps = new StepLog(parts.tally, parts.history !== null)
  }

  /**
   * Makes one tick. Must not be called while another one goes on.
   *
   * @throws what made it impossible; it counts as a failure all the same
   */
  async tick(by: TickedBy): Promise<Tick<O>> {
    const { clock } = this.#parts
    const under = this.#pass
    const begins = under === null
    const startedAt = clock.now()
    const began = clock.monotonic()
    const tick = ++this.tickNumber
    const pass = begins ? ++this.passNumber : this.passNumber
    this.#reason = null
    this.#steps.begin(tick, begins)
    this.#tellStart(startedAt, tick, pass)
    const came = await this.#goOn(under)
    const durationMs = clock.monotonic() - began
    const answer = { tick, pass, startedAt, durationMs, ...came.outcome }
    if (came.outcome.status !== 'running') this.#pass = null
    this.status = answer.status
    this.#parts.tally.tickEnded(answer.status, startedAt, durationMs)
    this.#keep(answer, begins, by)
    this.#tellEnd(answer)
    if (came.impossible !== null) throw came.impossible
    return answer
  }

  /**
   * Cuts the pass off that is under way, if there is one: the next tick begins another. Resolves when nothing of it runs
   * any more, and what it did is undone.
   */
  async cancel(reason: PipelineError): Promise<void> {
    const pass = this.#pass
    this.#pass = null
    this.#reason = reason
    await pass?.cancel(reason)
  }

  /** @param under the pass that was under way before the tick was told of: who heard of it may have cut that off */
  async #goOn(under: Pass<O> | null): Promise<Came<O>> {
    try {
      const pass = under ?? (this.#pass = new Pass(this.#parts.begin(), this.#steps))
      // The same goes for a pass that was not there yet.
      if (this.#reason !== null) void pass.cancel(this.#reason)
      return { outcome: await pass.tick(), impossible: null }
    } catch (cause) {
      const error = isPipelineError(cause) ? cause : new PipelineError('STEP_FAILED', messageOf(cause), { cause })
      return { outcome: { status: 'failure', error }, impossible: error }
    }
  }

  #keep({ tick, pass, startedAt, durationMs, status, error }: Tick<O>, begins: boolean, by: TickedBy): void {
    const { history, board } = this.#parts
    if (history === null) return
    const { mode, isRunning } = by
    const what = { tick, pass, status, mode, isRunning, startedAt, durationMs, error: error && dataOf(error) }
    history.add({ ...what, begins, board: board.takeChanges(), steps: this.#steps.takeChanges() })
  }

  #tellStart(at: number, tick: number, pass: number): void {
    const { announcer, executionId, pipeline } = this.#parts
    if (announcer.observes('tick:start')) announcer.tell('tick:start', { executionId, pipeline, at, tick, pass })
  }

  #tellEnd(answer: Tick<O>): void {
    const { announcer, executionId, pipeline, clock } = this.#parts
    if (!announcer.observes('tick:end')) return
    announcer.tell('tick:end', { executionId, pipeline, at: clock.now(), ...answer })
  }
}

/** An error as data, without making it again where the result of the pass has it. */
const dataOf = (error: PipelineError) => error.result?.error ?? serializeError(error)
