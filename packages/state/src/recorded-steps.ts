import { everything } from './pages.ts'
import { readEntry } from './record.ts'
import type { StateStore } from './store.ts'

/** Which steps of a run are recorded, by their paths; for dry runs, which ask about one step after another. */
export class RecordedSteps {
  readonly #store: StateStore
  /** What was last read, and of which run as it was when. */
  #read: { readonly of: string; readonly paths: Promise<ReadonlySet<string>> } | null = null

  constructor(store: StateStore) {
    this.#store = store
  }

  async has(runId: string, path: string): Promise<boolean> {
    const run = await this.#store.get(runId)
    if (run === undefined) return false
    const of = `${run.updatedAt} ${runId}`
    if (this.#read?.of !== of) this.#read = { of, paths: this.#pathsOf(runId) }
    return (await this.#read.paths).has(path)
  }

  async #pathsOf(runId: string): Promise<ReadonlySet<string>> {
    const paths = new Set<string>()
    for await (const entry of everything((after) => this.#store.entries(runId, after))) {
      const read = readEntry(entry)
      if (read?.kind === 'step') paths.add(read.key)
    }
    return paths
  }
}
