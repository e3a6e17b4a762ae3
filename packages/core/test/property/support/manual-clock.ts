import type { Clock } from '@pipe/core'

interface Timer {
  readonly at: number
  readonly callback: () => void
}

/** A clock that jumps from timer to timer, synchronously, when it is told to. */
export class ManualClock implements Clock {
  #now = 0
  readonly #timers = new Set<Timer>()

  /** How many timers are set. */
  get timers(): number {
    return this.#timers.size
  }

  now(): number {
    return this.#now
  }

  monotonic(): number {
    return this.#now
  }

  setTimeout(callback: () => void, ms: number): Timer {
    const timer = { at: this.#now + ms, callback }
    this.#timers.add(timer)
    return timer
  }

  clearTimeout(handle: unknown): void {
    this.#timers.delete(handle as Timer)
  }

  /** Goes on to the earliest timer, and fires all that are due then. */
  fire(): void {
    this.#now = Math.max(this.#now, Math.min(...[...this.#timers].map(({ at }) => at)))
    const due = [...this.#timers].filter(({ at }) => at <= this.#now).sort((a, b) => a.at - b.at)
    for (const timer of due) if (this.#timers.delete(timer)) timer.callback()
  }
}
