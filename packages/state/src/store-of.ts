import { type Events, type Pipe, pipeline } from '@pipe/core'
import type { StateStore } from './store.ts'

const nothing = pipeline('@pipe/state', (p) => p.step('nothing', { run: () => undefined }))

/** The stores of pipes, by their events: that is what a plugin knows of its pipe. */
const stores = new WeakMap<Events, StateStore>()

/** `durable()` of the pipe with these events keeps runs in this store. */
export const keepsIn = (events: Events, store: StateStore): void => void stores.set(events, store)

/**
 * The store in which the `durable()` of a pipe keeps its runs; `undefined` when it has none. For packages that build on durable
 * runs. Sets the plugins of the pipe up, as its first run would.
 *
 * Rejects with `PIPE_CLOSED`, and with `PLUGIN_SETUP_FAILED`.
 */
export async function storeOf(pipe: Pipe<unknown>): Promise<StateStore | undefined> {
  await pipe.dryRun(nothing)
  return stores.get(pipe.events)
}
