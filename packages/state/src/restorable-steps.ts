import type { DryRunInfo } from '@pipe/core'
import { originOf } from './fork.ts'
import type { DurableSettings } from './options.ts'
import { everything } from './pages.ts'
import { readEntry } from './record.ts'
import type { Entry } from './store.ts'
import { encodeInput } from './stored-run.ts'
import { takenOver } from './take-over.ts'

/** Which steps would not have to run, for dry runs, which ask about one step after another. */
export class RestorableSteps {
  readonly #settings: DurableSettings
  /** What was last read, and of which run as it was when. */
  #read: { readonly of: string; readonly paths: Promise<ReadonlySet<string>> } | null = null

  constructor(settings: DurableSettings) {
    this.#settings = settings
  }

  /** @throws what a run with these options would be refused with */
  async has({ runId, stepId, definition, options: { force, fork }, input }: DryRunInfo): Promise<boolean> {
    const { store, codec } = this.#settings
    const run = force === true ? undefined : await store.get(runId)
    if (run !== undefined) {
      const entries = () => Promise.resolve(everything((after) => store.entries(runId, after)))
      return (await this.#paths(`${run.updatedAt} ${runId}`, entries)).has(stepId)
    }
    if (fork === undefined) return false
    const origin = await originOf(this.#settings, fork, runId, definition, encodeInput(codec, input, definition.name))
    const entries = () => takenOver(store, origin, runId, definition)
    return (await this.#paths(`${JSON.stringify(origin)} ${runId}`, entries)).has(stepId)
  }

  async #paths(of: string, entries: () => Promise<Entries>): Promise<ReadonlySet<string>> {
    if (this.#read?.of !== of) this.#read = { of, paths: entries().then(pathsOf) }
    return await this.#read.paths
  }
}

type Entries = AsyncIterable<Entry> | Iterable<Entry>

async function pathsOf(entries: Entries): Promise<ReadonlySet<string>> {
  const paths = new Set<string>()
  for await (const entry of entries) {
    const read = readEntry(entry)
    if (read?.kind === 'step') paths.add(read.key)
  }
  return paths
}
