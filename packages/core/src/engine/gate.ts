import { popHeap, pushHeap } from '../heap.ts'

/** Something that waits to be started. */
interface Waiting {
  /** Position of the step in the run: indexes from the outermost pipeline inwards. */
  readonly rank: readonly number[]
  /** Whether starting it takes a slot. Steps that only run others take none. */
  readonly slot: boolean
  /** What it belongs to; it may enter at once when that has stopped, to find out. */
  readonly scope: { readonly stopped: unknown }
  readonly enter: () => void
}

/** With its place among those that came. */
interface Waited extends Waiting {
  readonly came: number
}

function before(a: Waited, b: Waited): boolean {
  for (let i = 0; i < a.rank.length && i < b.rank.length; i++) {
    if (a.rank[i] !== b.rank[i]) return a.rank[i]! < b.rank[i]!
  }
  return a.rank.length === b.rank.length ? a.came < b.came : a.rank.length < b.rank.length
}

const inOrder = (a: Waited, b: Waited): number => (before(a, b) ? -1 : 1)

/** Lets steps start: at most `limit` at a time, none while paused, and of those that wait the first declared first. */
export class Gate {
  /** Most steps at a time. */
  readonly limit: number
  #active = 0
  #came = 0
  #paused = false
  #draining = false
  /** Heaps: what waits for a slot, and what takes none and waits for the end of a pause. */
  readonly #waiting: Waited[] = []
  readonly #held: Waited[] = []
  /** Ticks that wait for something to happen. */
  #ticks: (() => void)[] = []

  constructor(limit: number) {
    this.limit = limit
  }

  get paused(): boolean {
    return this.#paused
  }

  /** Calls `enter` now or later. Answers whether it was now. */
  admit(waiting: Waiting): boolean {
    // While others are let in, the first declared of all that wait is next, not the newcomer.
    if (!this.#draining && this.#open(waiting.slot)) {
      this.#enter(waiting)
      return true
    }
    pushHeap(waiting.slot ? this.#waiting : this.#held, { ...waiting, came: this.#came++ }, before)
    this.#wake()
    return false
  }

  /** Gives a slot back. */
  release(): void {
    this.#active--
    this.#drain()
    this.#wake()
  }

  pause(): void {
    this.#paused = true
  }

  /** Ends a pause; `tell` is called before anything starts. */
  resume(tell: () => void): void {
    this.#paused = false
    tell()
    this.#drain()
    this.#wake()
  }

  /**
   * Starts what waits now, as far as the limit allows; resolves when all that runs has settled and something waits
   * again, or the pause is over. When nothing can start yet, as before a retry, that is waited for first.
   */
  async tick(): Promise<void> {
    while (this.#held.length === 0 && (this.#waiting.length === 0 || this.#active >= this.limit)) {
      await this.#change()
      if (!this.#paused) return
    }
    const ready = this.#held.splice(0)
    const free = this.limit - this.#active
    for (let i = 0; i < free && this.#waiting.length > 0; i++) ready.push(popHeap(this.#waiting, before))
    for (const waiting of ready.sort(inOrder)) this.#enter(waiting)
    while (this.#paused && (this.#active > 0 || (this.#waiting.length === 0 && this.#held.length === 0))) {
      await this.#change()
    }
  }

  /** Lets those in that wait although what they belong to has stopped. */
  flush(): void {
    const stopped: Waited[] = []
    for (const heap of [this.#waiting, this.#held]) {
      for (const one of heap.splice(0)) {
        if (one.scope.stopped === null) pushHeap(heap, one, before)
        else stopped.push(one)
      }
    }
    for (const one of stopped.sort(inOrder)) this.#enter(one)
  }

  #open(slot: boolean): boolean {
    return !this.#paused && (!slot || this.#active < this.limit)
  }

  /** Resolves when something came to wait, or has settled. */
  #change(): Promise<void> {
    return new Promise((resolve) => this.#ticks.push(resolve))
  }

  #wake(): void {
    for (const resolve of this.#ticks.splice(0)) resolve()
  }

  #enter(waiting: Waiting): void {
    if (waiting.slot) this.#active++
    waiting.enter()
  }

  #drain(): void {
    if (this.#draining) return // a synchronous step gives its slot back within the loop below: no recursion
    this.#draining = true
    for (let next = this.#next(); next !== null; next = this.#next()) this.#enter(popHeap(next, before))
    this.#draining = false
  }

  /** The heap whose first may enter now: of two the one whose first was declared first. */
  #next(): Waited[] | null {
    const waiting = this.#waiting.length > 0 && this.#open(true) ? this.#waiting : null
    const held = this.#held.length > 0 && this.#open(false) ? this.#held : null
    if (waiting === null || held === null) return waiting ?? held
    return before(held[0]!, waiting[0]!) ? held : waiting
  }
}
