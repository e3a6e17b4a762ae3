import { everything } from './pages.ts'
import type { RunState, StateStore, StoredRun } from './store.ts'

/** In which states a run may be taken, when nobody has it. */
const FREE: readonly RunState[] = ['waiting', 'blocked', 'stalled', 'cancelling']

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
    const now = await this.#store.now()
    const isHeld = ({ status, leaseUntil }: StoredRun) => status === 'running' && leaseUntil > now
    for (const pipeline of this.#pipelines) {
      for await (const run of everything((after) => this.#store.list({ pipeline, states: FREE }, 100, after))) {
        if (stopped()) return
        // Somebody who has it may be cancelling it. A lease that has run out since then is the next look's.
        if (isHeld(run) || !this.#takes(run)) continue
        const { id, createdAt } = run
        found.push({ id, createdAt, place: place++ })
        if (found.length === 2 * MOST) keep()
      }
    }
    keep()
    this.#found = found
    this.#more = more
  }
}
