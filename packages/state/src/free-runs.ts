import { everything } from './pages.ts'
import type { RunFilter, StateStore, StoredRun } from './store.ts'

/** Which runs nobody has. */
const FREE: readonly RunFilter[] = [{ statuses: ['waiting', 'blocked'] }, { stalled: true }]

/** So many are kept of those that were found. */
const MOST = 1_000

interface Found {
  readonly id: string
  readonly createdAt: number
  /** How many were found before it: within a millisecond, what was found later was created before. */
  readonly place: number
}

const oldestFirst = (a: Found, b: Found) => a.createdAt - b.createdAt || b.place - a.place

/** Runs that nobody had when they were looked for, the one that was created first first. */
export class FreeRuns {
  readonly #store: StateStore
  readonly #pipelines: Iterable<string>
  readonly #takes: (run: StoredRun) => boolean
  #found: Found[] = []
  #more = false

  /** @param takes whether a run is wanted */
  constructor(store: StateStore, pipelines: Iterable<string>, takes: (run: StoredRun) => boolean) {
    this.#store = store
    this.#pipelines = pipelines
    this.#takes = takes
  }

  /** How many there are to be taken. */
  get size(): number {
    return this.#found.length
  }

  /** Whether there were more than are kept. */
  get more(): boolean {
    return this.#more
  }

  /** The id of the first one; who asks again gets the next. */
  next(): string | undefined {
    return this.#found.shift()?.id
  }

  /**
   * Looks for them. Lists begin with what was created last, so all of it is read, and the last of it is kept.
   *
   * @param stopped whether to give up
   */
  async find(stopped: () => boolean): Promise<void> {
    let found: Found[] = []
    let more = false
    let place = 0
    const keep = () => {
      found.sort(oldestFirst)
      more ||= found.length > MOST
      found = found.slice(0, MOST)
    }
    for (const pipeline of this.#pipelines) {
      for (const filter of FREE) {
        for await (const run of everything((after) => this.#store.list({ ...filter, pipeline }, 100, after))) {
          if (stopped()) return
          if (!this.#takes(run)) continue
          const { id, createdAt } = run
          found.push({ id, createdAt, place: place++ })
          if (found.length === 2 * MOST) keep()
        }
      }
    }
    keep()
    this.#found = found
    this.#more = more
  }
}
