import type { Clock } from '@pipe/core'

interface Waiter {
  /** Of the row that it waits for. */
  readonly number: number
  readonly resolve: () => void
}

/** Who waits until rows are written. */
export class Waiters {
  readonly #clock: Clock
  readonly #all = new Set<Waiter>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** How many there are. */
  get size(): number {
    return this.#all.size
  }

  /** Waits for the row with this number, at most so long; answers whether it was told of it. */
  wait(number: number, withinMs: number): Promise<boolean> {
    return new Promise((resolve) => {
      const waiter = {
        number,
        resolve: () => {
          this.#clock.clearTimeout(late)
          resolve(true)
        },
      }
      const late = this.#clock.setTimeout(() => {
        this.#all.delete(waiter)
        resolve(false)
      }, withinMs)
      this.#all.add(waiter)
    })
  }

  /** There is nothing to wait for any more up to the row with this number. */
  tell(number: number): void {
    for (const waiter of this.#all) {
      if (waiter.number > number) continue
      this.#all.delete(waiter)
      waiter.resolve()
    }
  }
}
