import type { Clock } from '@pipe/core'

/** One of many deadlines: a link in the list of those with the same limit. */
interface Deadline {
  /** Monotonic ms. */
  readonly at: number
  readonly expire: () => void
  before: Deadline | null
  after: Deadline | null
  open: boolean
}

/** The longest that a platform timer can wait. */
const LONGEST = 2 ** 31 - 1

/** Its `then` calls back in a microtask, for half of what `queueMicrotask` costs in Node. */
const soon = Promise.resolve()

/**
 * Deadlines with one and the same limit. They expire in the order in which they come, so a linked list and one timer
 * serve them all: work that is done in time costs a link and an unlink, no timer of its own.
 */
export class Deadlines {
  readonly #clock: Clock
  readonly #limit: number
  #first: Deadline | null = null
  #last: Deadline | null = null
  #timer: unknown = null
  #resting = false

  /** @param limit milliseconds, above 0 */
  constructor(clock: Clock, limit: number) {
    this.#clock = clock
    this.#limit = limit
  }

  /**
   * Calls `expire` once when the limit has passed.
   *
   * @returns a function that forgets it; it may be called at any time, more than once too
   */
  add(expire: () => void): () => void {
    const at = this.#clock.monotonic() + this.#limit
    const deadline: Deadline = { at, expire, before: this.#last, after: null, open: true }
    if (this.#last === null) this.#first = deadline
    else this.#last.after = deadline
    this.#last = deadline
    if (this.#timer === null) this.#arm(this.#limit)
    return () => this.#remove(deadline)
  }

  #remove(deadline: Deadline): void {
    if (!deadline.open) return
    deadline.open = false
    const { before, after } = deadline
    if (before === null) this.#first = after
    else before.after = after
    if (after === null) this.#last = before
    else after.before = before
    if (this.#first !== null || this.#resting) return
    // What comes next often starts in this very turn: only after it is known whether the timer is still of use.
    this.#resting = true
    void soon.then(this.#rest)
  }

  readonly #rest = (): void => {
    this.#resting = false
    if (this.#first !== null || this.#timer === null) return
    this.#clock.clearTimeout(this.#timer)
    this.#timer = null
  }

  #arm(ms: number): void {
    this.#timer = this.#clock.setTimeout(this.#fire, Math.min(ms, LONGEST))
  }

  readonly #fire = (): void => {
    this.#timer = null
    const now = this.#clock.monotonic()
    for (let first = this.#first; first !== null && first.at <= now; first = this.#first) {
      this.#remove(first)
      first.expire()
    }
    if (this.#first !== null && this.#timer === null) this.#arm(this.#first.at - now)
  }
}
