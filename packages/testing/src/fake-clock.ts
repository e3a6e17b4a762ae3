import { type Clock, type Duration, invalidOption, toMs } from '@pipe/core'
import { turn } from './turn.ts'

/** Where a fake clock begins. */
export interface FakeClockOptions {
  /** Wall-clock time, epoch ms. Default: the beginning of 2026, UTC. */
  readonly start?: number
}

interface Timer {
  readonly at: number
  readonly callback: () => void
}

/**
 * A clock that stands still until it is told to go on. Its wall clock and its monotonic clock go on together, until the
 * wall clock is set.
 */
export class FakeClock implements Clock {
  #offset: number
  #elapsed = 1_000
  readonly #timers = new Set<Timer>()

  constructor({ start = Date.UTC(2026, 0, 1) }: FakeClockOptions = {}) {
    this.#offset = start - this.#elapsed
  }

  /** Wall-clock time, epoch ms. */
  readonly now = (): number => this.#offset + this.#elapsed

  /** Monotonic ms. */
  readonly monotonic = (): number => this.#elapsed

  /** Starts a timer, of whole ms as those of runtimes, rounded up; one of less than 0 ms is due at once, that is, in the next `advance`. */
  readonly setTimeout = (callback: () => void, ms: number): unknown => {
    const timer: Timer = { at: this.#elapsed + (ms > 0 ? Math.ceil(ms) : 0), callback }
    this.#timers.add(timer)
    return timer
  }

  /** Forgets a timer. */
  readonly clearTimeout = (handle: unknown): void => {
    this.#timers.delete(handle as Timer)
  }

  /** How many timers are ticking. */
  get timers(): number {
    return this.#timers.size
  }

  /** Milliseconds until the next timer fires; `undefined` when there is none. */
  get next(): number | undefined {
    const first = this.#first()
    return first === undefined ? undefined : first.at - this.#elapsed
  }

  /**
   * Lets time pass and fires the timers that are due, in order; after each, and at the end, what can settle has settled.
   *
   * @throws PipelineError `OPTION_INVALID` when `time` is not a duration
   */
  async advance(time: Duration): Promise<void> {
    const end = this.#elapsed + toMs(time)
    await turn()
    for (let timer = this.#first(); timer !== undefined && timer.at <= end; timer = this.#first())
      await this.#fire(timer)
    this.#elapsed = end
  }

  /**
   * Sets the wall clock by so many ms, forwards or (below 0) back, as somebody does who corrects it. The monotonic clock and
   * the timers do not notice.
   *
   * @throws PipelineError `OPTION_INVALID` when `ms` is not a finite number
   */
  adjust(ms: number): void {
    if (!Number.isFinite(ms)) throw invalidOption({ owner: 'adjust() of a fake clock' }, ms, 'a finite number', 'ms')
    this.#offset += ms
  }

  /**
   * Goes on to the next timer and fires it and those that are due at the same time.
   *
   * @returns the milliseconds that passed; `undefined` when there was no timer
   */
  async advanceToNext(): Promise<number | undefined> {
    await turn()
    const time = this.next
    if (time !== undefined) await this.advance(time)
    return time
  }

  async #fire(timer: Timer): Promise<void> {
    this.#elapsed = Math.max(this.#elapsed, timer.at)
    this.#timers.delete(timer)
    timer.callback()
    await turn()
  }

  #first(): Timer | undefined {
    let first: Timer | undefined
    for (const timer of this.#timers) if (first === undefined || timer.at < first.at) first = timer
    return first
  }
}

/** Makes a clock for tests; see {@link FakeClock}. Give it to a pipe with `createPipe({ clock })`. */
export function fakeClock(options?: FakeClockOptions): FakeClock {
  return new FakeClock(options)
}
