/**
 * A token bucket. It starts full and refills evenly; every retry takes a token, and without one there is no retry. So a
 * service that is down gets no more than its share of retries, whatever the number of runs and map items.
 */
export class Budget {
  readonly #capacity: number
  readonly #perMs: number
  #tokens: number
  #at: number | undefined

  /**
   * @param capacity tokens of a full bucket, from 1 up
   * @param refillMs milliseconds in which an empty bucket is filled, above 0
   */
  constructor(capacity: number, refillMs: number) {
    this.#capacity = capacity
    this.#perMs = capacity / refillMs
    this.#tokens = capacity
  }

  /** Takes a token if there is one. `now` is epoch ms; a clock that was set back refills nothing. */
  take(now: number): boolean {
    const passed = Math.max(0, now - (this.#at ?? now))
    this.#at = now
    this.#tokens = Math.min(this.#capacity, this.#tokens + passed * this.#perMs)
    if (this.#tokens < 1) return false
    this.#tokens--
    return true
  }
}
