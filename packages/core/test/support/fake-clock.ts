import type { Clock } from '@pipe/core'

interface Timer {
  readonly at: number
  readonly callback: () => void
}

/** A clock that stands still until it is told to advance. Methods use `this`, as those of any class may. */
export class FakeClock implements Clock {
  #start: number
  readonly #timers = new Set<Timer>()
  #elapsed: number

  /**
   * @param start wall-clock time of the beginning, epoch ms
   * @param elapsed what `monotonic` begins with
   */
  constructor(start = Date.UTC(2026, 0, 1), elapsed = 1_000) {
    this.#start = start - elapsed
    this.#elapsed = elapsed
  }

  now(): number {
    return this.#start + this.#elapsed
  }

  monotonic(): number {
    return this.#elapsed
  }

  setTimeout(callback: () => void, ms: number): Timer {
    const timer = { at: this.#elapsed + ms, callback }
    this.#timers.add(timer)
    return timer
  }

  clearTimeout(handle: unknown): void {
    this.#timers.delete(handle as Timer)
  }

  /** Sets the wall clock by so many ms, forwards or back. */
  adjust(ms: number): void {
    this.#start += ms
  }

  /** How many timers are set. */
  get timers(): number {
    return this.#timers.size
  }

  /** Lets `ms` pass, firing timers in order of time, and waits until what they started has come to rest. */
  async advance(ms: number): Promise<void> {
    const end = this.#elapsed + ms
    for (;;) {
      await turn()
      const [next] = [...this.#timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)
      if (next === undefined) break
      this.#elapsed = next.at
      this.#timers.delete(next)
      next.callback()
    }
    this.#elapsed = end
  }
}

/** A turn of the event loop: every promise that can settle has settled. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0))
}
