import { type Clock, PipelineError } from '@pipe/core'
import type { StateStore } from '@pipe/state'

/** An answer is waited for so long, ms: longer than stores themselves wait for their servers. */
const LONGEST = 15_000

/** A store whose answers are not waited for for ever: one that hangs is one that cannot be reached. */
export function impatient(store: StateStore, clock: Clock): StateStore {
  const inTime = <A extends readonly unknown[], T>(ask: (...args: A) => Promise<T>) => {
    return (...args: A): Promise<T> =>
      new Promise<T>((resolve, reject) => {
        const late = () => {
          const message = `The ${store.name} store has not answered for ${LONGEST} ms.`
          reject(new PipelineError('STORE_UNAVAILABLE', message))
        }
        const timer = clock.setTimeout(late, LONGEST)
        ask(...args)
          .then(resolve, reject)
          .finally(() => clock.clearTimeout(timer))
      })
  }
  const { name, durable, shared, maxValueBytes } = store
  return {
    name,
    durable,
    shared,
    maxValueBytes,
    open: inTime(store.open.bind(store)),
    close: inTime(store.close.bind(store)),
    acquire: inTime(store.acquire.bind(store)),
    renew: inTime(store.renew.bind(store)),
    release: inTime(store.release.bind(store)),
    commit: inTime(store.commit.bind(store)),
    end: inTime(store.end.bind(store)),
    get: inTime(store.get.bind(store)),
    entries: inTime(store.entries.bind(store)),
    list: inTime(store.list.bind(store)),
    command: inTime(store.command.bind(store)),
    revive: inTime(store.revive.bind(store)),
    delete: inTime(store.delete.bind(store)),
    purge: inTime(store.purge.bind(store)),
    now: inTime(store.now.bind(store)),
    ...(store.watch !== undefined && { watch: store.watch.bind(store) }),
  }
}
