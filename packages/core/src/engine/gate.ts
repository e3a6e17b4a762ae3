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

function before({ rank: a }: Waiting, { rank: b }: Waiting): boolean {
  for (let i = 0; i < a.length && i < b.length; i++) if (a[i] !== b[i]) return a[i]! < b[i]!
  return a.length < b.length
}

/** Lets steps start: at most `limit` at a time, none while paused, and of those that wait the first declared first. */
export class Gate {
  /** Most steps at a time. */
  readonly limit: number
  #active = 0
  #paused = false
  #draining = false
  #waiting: Waiting[] = []
  #idle: (() => void)[] = []

  constructor(limit: number) {
    this.limit = limit
  }

  get paused(): boolean {
    return this.#paused
  }

  /** Calls `enter` now or later. */
  admit(waiting: Waiting): void {
    if (this.#open(waiting)) this.#enter(waiting)
    else pushHeap(this.#waiting, waiting, before)
  }

  /** Gives a slot back. */
  release(): void {
    this.#active--
    this.#drain()
    if (this.#active === 0) for (const resolve of this.#idle.splice(0)) resolve()
  }

  pause(): void {
    this.#paused = true
  }

  resume(): void {
    this.#paused = false
    this.#drain()
  }

  /** Starts what waits now, as far as the limit allows; resolves when nothing is running. */
  async tick(): Promise<void> {
    const ready: Waiting[] = []
    while (this.#waiting.length > 0 && ready.length < this.limit - this.#active)
      ready.push(popHeap(this.#waiting, before))
    for (const waiting of ready) this.#enter(waiting)
    if (this.#active > 0) await new Promise<void>((resolve) => this.#idle.push(resolve))
  }

  /** Lets those in that wait although what they belong to has stopped. */
  flush(): void {
    const waiting = this.#waiting
    this.#waiting = []
    const stopped = waiting.filter(({ scope }) => scope.stopped !== null)
    for (const one of waiting) if (one.scope.stopped === null) pushHeap(this.#waiting, one, before)
    for (const one of stopped) this.#enter(one)
  }

  #open(waiting: Waiting): boolean {
    return !this.#paused && (!waiting.slot || this.#active < this.limit)
  }

  #enter(waiting: Waiting): void {
    if (waiting.slot) this.#active++
    waiting.enter()
  }

  #drain(): void {
    if (this.#draining) return // a synchronous step gives its slot back within the loop below: no recursion
    this.#draining = true
    while (this.#waiting.length > 0 && this.#open(this.#waiting[0]!)) this.#enter(popHeap(this.#waiting, before))
    this.#draining = false
  }
}
