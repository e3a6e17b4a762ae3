import type { Clock } from '@pipe/core'
import type { Start } from './start-options.ts'

/** Says when the next tick is due. */
export interface Pace {
  /** How many slots passed while a tick was going on. */
  readonly skipped: number
  /** Milliseconds until the next tick; 0 or less means at once. */
  left(): number
  /** A tick begins. */
  began(): void
  /** It has ended. */
  ended(): void
  /** A pause is over. */
  resumed(): void
}

type MonotonicClock = Pick<Clock, 'monotonic'>

const nothing = () => undefined
const backToBack: Pace = { skipped: 0, left: () => 0, began: nothing, ended: nothing, resumed: nothing }

/** Ticks at `start + k * interval`, multiplied and not added, so that nothing adds up. */
class Slots implements Pace {
  skipped = 0
  readonly #clock: MonotonicClock
  readonly #start: number
  readonly #interval: number
  /** Number of the next slot. */
  #next = 0
  #isTicking = false

  constructor(clock: MonotonicClock, interval: number) {
    this.#clock = clock
    this.#start = clock.monotonic()
    this.#interval = interval
  }

  left(): number {
    return this.#start + this.#next * this.#interval - this.#clock.monotonic()
  }

  began(): void {
    this.#isTicking = true
    this.#next++
  }

  ended(): void {
    this.#isTicking = false
    this.skipped += this.#leaveOut()
  }

  /** Nobody was late for the slots of a pause: only those that passed during a tick count, paused or not. */
  resumed(): void {
    if (!this.#isTicking) this.#leaveOut()
  }

  /** Leaves out the slots that have passed, and answers how many. */
  #leaveOut(): number {
    const before = this.#next
    this.#next = Math.max(before, Math.ceil((this.#clock.monotonic() - this.#start) / this.#interval))
    return this.#next - before
  }
}

/** Ticks an interval after the end of the tick before. */
class Delays implements Pace {
  readonly skipped = 0
  readonly began = nothing
  readonly resumed = nothing
  readonly #clock: MonotonicClock
  readonly #interval: number
  #due: number

  constructor(clock: MonotonicClock, interval: number) {
    this.#clock = clock
    this.#interval = interval
    this.#due = clock.monotonic()
  }

  left(): number {
    return this.#due - this.#clock.monotonic()
  }

  ended(): void {
    this.#due = this.#clock.monotonic() + this.#interval
  }
}

/** The pace of something that starts now. */
export function paceOf({ mode, fixedDelay, intervalMs }: Start, clock: MonotonicClock): Pace {
  if (mode === 'auto') return backToBack
  return fixedDelay ? new Delays(clock, intervalMs) : new Slots(clock, intervalMs)
}
