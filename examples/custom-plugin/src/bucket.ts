import type { Awaitable, Clock } from '@pipe/core'
import type { Pace } from './rate.ts'

/** The longest that a platform timer can wait. */
const LONGEST = 2 ** 31 - 1

/**
 * A token bucket with a queue: who comes first is served first, who is aborted leaves it and takes nothing along. It has
 * a timer only while somebody waits.
 */
export class Bucket {
  readonly #clock: Clock
  readonly #interval: number
  readonly #burst: number
  readonly #queue = new Set<() => void>()
  /** When the bucket is full again, monotonic ms: all that has to be known about the permits in it. */
  #fullAt = -Infinity
  #timer: unknown

  constructor({ interval, burst }: Pace, clock: Clock) {
    this.#interval = interval
    this.#burst = burst
    this.#clock = clock
  }

  /** Whether somebody who comes now need not wait. */
  get free(): boolean {
    return this.#queue.size === 0 && this.#untilNext() <= 0
  }

  /** How many wait for a permit. */
  get waiting(): number {
    return this.#queue.size
  }

  /** Milliseconds until somebody who comes now gets a permit, if nobody leaves the queue; 0 when there is one. */
  get delay(): number {
    return Math.max(0, this.#untilNext() + this.#queue.size * this.#interval)
  }

  /**
   * Does `work` with a permit: at once when there is one, otherwise as soon as it is this one's turn. What it answers or
   * throws is passed on. An abort during the wait rejects at once, with the reason of the signal, and takes no permit.
   */
  use<T>(work: () => Awaitable<T>, signal: AbortSignal): Awaitable<T> {
    signal.throwIfAborted()
    if (!this.free) return this.#wait(work, signal)
    this.#take()
    return work()
  }

  #wait<T>(work: () => Awaitable<T>, signal: AbortSignal): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>()
    const leave = () => {
      this.#queue.delete(enter)
      this.#arm()
      reject(signal.reason as Error)
    }
    // Works in the same turn in which the permit was taken, so that no abort can come between the two.
    const enter = () => {
      signal.removeEventListener('abort', leave)
      resolve((async () => work())())
    }
    signal.addEventListener('abort', leave, { once: true })
    this.#queue.add(enter)
    this.#arm()
    return promise
  }

  #take(): void {
    this.#fullAt = Math.max(this.#fullAt, this.#clock.monotonic()) + this.#interval
  }

  /** Milliseconds until there is a permit; 0 or less when there is one. */
  #untilNext(): number {
    return this.#fullAt - (this.#burst - 1) * this.#interval - this.#clock.monotonic()
  }

  readonly #serve = (): void => {
    this.#timer = undefined
    for (const enter of this.#queue) {
      if (this.#untilNext() > 0) break
      this.#take()
      this.#queue.delete(enter)
      enter()
    }
    this.#arm()
  }

  /** Sees to it that there is a timer while somebody waits, and none otherwise. */
  #arm(): void {
    if (this.#queue.size > 0) {
      const ms = Math.max(1, Math.ceil(this.#untilNext()))
      this.#timer ??= this.#clock.setTimeout(this.#serve, Math.min(ms, LONGEST))
    } else if (this.#timer !== undefined) {
      this.#clock.clearTimeout(this.#timer)
      this.#timer = undefined
    }
  }
}
