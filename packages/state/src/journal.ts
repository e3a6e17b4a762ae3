import { PipelineError } from '@pipe/core'
import type { Lease } from './lease.ts'
import type { Entry } from './store.ts'
import { tooLarge } from './too-large.ts'

/** Most entries that are recorded with one command, and most characters of them, unless one alone has more. */
const MOST = 500
const MOST_CHARACTERS = 4 * 1024 * 1024

/** Records entries in their order; those that come while others are on their way go together. */
export class Journal {
  readonly #lease: Lease
  #waiting: Entry[] = []
  #next: Promise<void> | null = null
  #current: Promise<void> | null = null

  constructor(lease: Lease) {
    this.#lease = lease
  }

  /**
   * Records an entry. Resolves when the store has confirmed it.
   *
   * Rejects with `VALUE_UNSTORABLE` for one that is too large, with `LEASE_LOST`, and with what the store throws.
   */
  write(entry: Entry): Promise<void> {
    const problem = this.#problemOf(entry)
    if (problem !== undefined) return Promise.reject(problem)
    this.#waiting.push(entry)
    return (this.#next ??= this.#flush(this.#current))
  }

  async #flush(before: Promise<void> | null): Promise<void> {
    await before?.catch(() => undefined) // who waits for that one is told by it
    this.#current = this.#next
    this.#next = null
    const entries = this.#waiting.splice(0)
    while (entries.length > 0) await this.#lease.commit(entries.splice(0, someOf(entries)))
  }

  /** What the store would refuse, and with it all the others. */
  #problemOf({ key, value }: Entry): PipelineError | undefined {
    const what = `What is to be recorded under "${key.slice(0, 200)}"`
    if (key.length <= 2_000) return tooLarge(value, this.#lease.maxValueBytes, what)
    const message = `${what} has a key of ${key.length} characters; at most 2,000 can be.`
    return new PipelineError('VALUE_UNSTORABLE', message)
  }
}

/** How many entries go together. */
function someOf(entries: readonly Entry[]): number {
  let characters = 0
  const end = entries.findIndex(
    ({ value }, i) => i === MOST || ((characters += value.length) > MOST_CHARACTERS && i > 0),
  )
  return end < 0 ? entries.length : end
}
