import { type Clock, systemClock } from '@pipe/core'

/** Calls `callback` in the next turn of the event loop, after timers and I/O had theirs. Looks the globals up at each call. */
function inNextTurn(callback: () => void): void {
  const { setTimeout, setImmediate } = globalThis as { setTimeout: Start; setImmediate?: Start }
  const start = setImmediate ?? setTimeout
  start(callback)
}
type Start = (callback: () => void) => unknown

/**
 * Shares the event loop among those who could go on for ever without giving it back, or who want it all at once: together
 * they have it for some milliseconds, then everything else has its turn. Those who wait are served in the order in which
 * they came.
 */
export class Turns {
  readonly #budgetMs: number
  /** When the turn is over, by the clock of the machine: an event loop knows no other. */
  #endsAt = 0
  readonly #waiting: (() => void)[] = []
  #isServing = false

  /**
   * @param budgetMs how long a turn may take. Who was let in within it goes on to the end of what it does; that begins some
   * microtasks later, by when two or three more may have been let in
   */
  constructor(budgetMs: number) {
    this.#budgetMs = budgetMs
  }

  /** `undefined` when the caller may go on at once, otherwise a promise of that. */
  next(): Promise<void> | undefined {
    if (!this.#isServing && performance.now() < this.#endsAt) {
      // Who asks before this one has done anything waits, or all who ask at once would be let in.
      this.#isServing = true
      queueMicrotask(this.#serve)
      return undefined
    }
    return new Promise((resolve) => {
      this.#waiting.push(resolve)
      if (this.#isServing) return
      this.#isServing = true
      this.#serve()
    })
  }

  /** Lets in whoever waits, one a microtask: what each of them does at once counts before the next one is let in. */
  readonly #serve = (): void => {
    if (this.#waiting.length === 0) {
      this.#isServing = false
    } else if (performance.now() < this.#endsAt) {
      this.#waiting.shift()?.()
      queueMicrotask(this.#serve)
    } else inNextTurn(this.#open)
  }

  readonly #open = (): void => {
    this.#endsAt = performance.now() + this.#budgetMs
    this.#serve()
  }
}

/** The turns that all executions of this process take. */
export const turns = new Turns(8)

/** The turn of who does something at a time of `clock`. Other clocks than that of the machine decide themselves who comes when. */
export const turnOf = (clock: Clock): Promise<void> | undefined => (clock === systemClock ? turns.next() : undefined)
