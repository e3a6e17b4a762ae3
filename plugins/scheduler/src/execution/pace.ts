import type { Start } from './start-options.ts'

/** Says when the next tick is due. Times are those of the monotonic clock, in ms. */
export interface Pace {
  /** When the next tick is due; what has passed means at once. */
  readonly due: number
  /** How many ticks were left out because the one before took longer than there was time. */
  readonly skipped: number
  /** A tick begins. */
  began(): void
  /** It has ended. */
  ended(now: number): void
  /** A pause is over. */
  resumed(now: number): void
}

const nothing = () => undefined
const backToBack: Pace = { due: 0, skipped: 0, began: nothing, ended: nothing, resumed: nothing }

/** Ticks at `start + k * interval`, multiplied and not added, so that nothing adds up. */
class Slots implements Pace {
  skipped = 0
  readonly #start: number
  readonly #interval: number
  /** Number of the next slot. */
  #next = 0

  constructor(start: number, interval: number) {
    this.#start = start
    this.#interval = interval
  }

  get due(): number {
    return this.#start + this.#next * this.#interval
  }

  began(): void {
    this.#next++
  }

  ended(now: number): void {
    const before = this.#next
    this.resumed(now)
    this.skipped += this.#next - before
  }

  /** Leaves out the slots that have passed. Nobody was late for those of a pause: they are not counted. */
  resumed(now: number): void {
    this.#next = Math.max(this.#next, Math.ceil((now - this.#start) / this.#interval))
  }
}

/** Ticks an interval after the end of the tick before. */
class Delays implements Pace {
  readonly skipped = 0
  readonly began = nothing
  readonly resumed = nothing
  due: number
  readonly #interval: number

  constructor(start: number, interval: number) {
    this.due = start
    this.#interval = interval
  }

  ended(now: number): void {
    this.due = now + this.#interval
  }
}

/** The pace of something that is started at `now`. */
export function paceOf({ mode, fixedDelay, intervalMs }: Start, now: number): Pace {
  if (mode === 'auto') return backToBack
  return fixedDelay ? new Delays(now, intervalMs) : new Slots(now, intervalMs)
}
