import type { StateStore } from '@pipe/state'
import { by, entry, newRun } from './asking.ts'

/** A call of each method, with arguments that are in order. */
export const calls = (store: StateStore): Readonly<Record<string, () => Promise<unknown>>> => {
  const run = newRun()
  return {
    acquire: () => store.acquire(run, by('first')),
    renew: () => store.renew(run.id, 1, 1_000),
    release: () => store.release(run.id, 1, 'waiting'),
    commit: () => store.commit(run.id, 1, [entry('a', 'b')]),
    end: () => store.end(run.id, 1, 'succeeded', ''),
    get: () => store.get(run.id),
    entries: () => store.entries(run.id),
    list: () => store.list({}, 10),
    command: () => store.command(run.id, 'pause'),
    revive: () => store.revive(run.id),
    delete: () => store.delete(run.id),
    purge: () => store.purge(['failed'], 0, 1),
    now: () => store.now(),
  }
}
