import type { StateStore } from '@pipe/state'
import type { Failpoints } from './failpoints.ts'
import type { Ledger } from './ledger.ts'

/** A store with a failpoint before and after every method, whose confirmations the ledger tells of. */
export function faultyStore(store: StateStore, failpoints: Failpoints, ledger: Ledger): StateStore {
  const around =
    <A extends unknown[], R>(method: string, call: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      failpoints.reach(`before ${method}`)
      const answer = await call(...args)
      failpoints.reach(`after ${method}`)
      return answer
    }
  return {
    ...store,
    acquire: around('acquire', async (run, request) => {
      const acquired = await store.acquire(run, request)
      if (acquired.created) ledger.write({ kind: 'accepted', run: run.id })
      return acquired
    }),
    commit: async (id, fence, entries) => {
      for (const { key } of entries) failpoints.reach(`before commit ${key}`)
      const isKept = await store.commit(id, fence, entries)
      for (const { key, value, final } of isKept ? entries : [])
        if (final) ledger.write({ kind: 'kept', run: id, key, value })
      for (const { key } of entries) failpoints.reach(`after commit ${key}`)
      return isKept
    },
    renew: around('renew', store.renew.bind(store)),
    release: around('release', store.release.bind(store)),
    end: around('end', store.end.bind(store)),
    get: around('get', store.get.bind(store)),
    entries: around('entries', store.entries.bind(store)),
    list: around('list', store.list.bind(store)),
  }
}
