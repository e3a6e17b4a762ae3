import type { Answer, Driver, Statement, Work } from '../drivers/driver.ts'

/** Something to be done, and who waits for it. */
interface Change {
  /** Does it; what it returns tells who waits, once that is kept. */
  readonly work: () => Generator<Statement, () => void, Answer>
  readonly reject: (error: unknown) => void
  /** By the monotonic clock, ms. */
  readonly askedAt: number
}

/** So many changes are the most of one transaction: it is over before the process misses its turn for other work. */
const MOST_AT_ONCE = 100

/**
 * Lets changes of SQLite that are asked for in the same turn share a transaction, since most of the cost of a small one is
 * its end. Each gets an answer of its own, after the end.
 */
export class Together {
  readonly #driver: Driver
  readonly #timeout: number
  #waiting: Change[] = []
  #isWriting = false

  /** @param timeout how long a change is tried when others have the lock, ms */
  constructor(driver: Driver, timeout: number) {
    this.#driver = driver
    this.#timeout = timeout
  }

  /** The answer of `work`, once what it wrote is kept. Changes are made in the order in which they were asked for. */
  transact<T>(work: Work<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#waiting.push({
        reject,
        askedAt: performance.now(),
        *work() {
          const answer = yield* work()
          return () => resolve(answer)
        },
      })
      if (this.#isWriting) return
      this.#isWriting = true
      // After all that can run now: what it asks for belongs to the same transaction.
      process.nextTick(() => void this.#writeAll())
    })
  }

  async #writeAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      const changes = this.#waiting.splice(0, MOST_AT_ONCE)
      await this.#write(changes)
      if (this.#waiting.length > 0) await new Promise((resolve) => setImmediate(resolve))
    }
    this.#isWriting = false
  }
  /** What the database does not take of several changes may be one of them: each is then made alone. */
  async #write(changes: readonly Change[]): Promise<void> {
    const left = changes[0]!.askedAt + this.#timeout - performance.now()
    try {
      const answers = await this.#driver.transact(function* () {
        const answers: (() => void)[] = []
        for (const { work } of changes) answers.push(yield* work())
        return answers
      }, left)
      for (const answer of answers) answer()
    } catch (error) {
      if (changes.length === 1) changes[0]!.reject(error)
      else for (const change of changes) await this.#write([change])
    }
  }
}
