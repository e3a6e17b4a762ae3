import type { StateStore } from '@pipe/state'
import { shown } from '../checks/differences.ts'
import { must } from '../finding.ts'
import { entry, LONG, newRun, taken, tells, unchanged, whole } from './asking.ts'
import { changes } from './changes.ts'
import type { StoreRule } from './rule.ts'
import { pass } from './stage.ts'
import type { StoreBackend } from './store-check.ts'

export const sharesItsRuns: StoreRule = {
  name: 'shows other clients what one of them wrote, if it is shared',
  async check({ store, other }) {
    if (!store.shared) return
    const run = newRun()
    const fence = await taken(store, run)
    await other.commit(run.id, fence, [entry('a', 'seen', true)])
    const todo = 'keep runs where every client finds them, or say that the store is not `shared`'
    tells(await other.get(run.id), { id: run.id, fence }, 'of a run that another client made', todo)
    tells((await whole(store, run.id)).entries['a'], { value: 'seen' }, 'of an entry of another client', todo)
  },
}

export const keepsItsRuns: StoreRule = {
  name: 'keeps everything when all its clients are closed, if it is durable',
  async check({ backend, store, other }) {
    if (!store.durable) return
    const run = newRun()
    const fence = await taken(store, run)
    await store.commit(run.id, fence, [entry('a', 'kept', true), entry('b', '')])
    await store.command(run.id, 'pause', 'for the night')
    const before = await whole(store, run.id)
    await store.close()
    await other.close()
    const again = backend.client()
    await again.open()
    try {
      const todo = 'keep runs and entries where they outlive the client, or say that the store is not `durable`'
      unchanged(await whole(again, run.id), before, 'after `close` and `open` of another client', todo)
      const renewed = await again.renew(run.id, fence, LONG)
      must(renewed !== null, 'after `close` and `open` of another client, a good lease is not renewed', todo)
      const next = await taken(again, newRun())
      must(next >= 1, `the token of a lease is ${next} after \`close\` and \`open\``, 'begin with 1')
    } finally {
      await again.close()
    }
  },
}

/** Opens a client of a backend. */
async function opened(backend: StoreBackend, clients: StateStore[]): Promise<StateStore> {
  const client = backend.client()
  clients.push(client)
  await client.open()
  return client
}

export const outlivesItsProcess: StoreRule = {
  name: 'keeps what it has answered for when its process is killed, if it is durable and that can be tried',
  async check({ backend, store }) {
    if (!store.durable || backend.reopen === undefined) return
    if (!store.shared) await store.close()
    const backends = [backend]
    const clients: StateStore[] = []
    try {
      for (const [what, { prepare, call, done }] of Object.entries(changes)) {
        const run = newRun()
        const last = backends.at(-1)!
        const client = await opened(last, clients)
        const fence = await prepare(client, run, (ms) => pass(last, client, ms))
        const answer = await call(client, run, fence)
        const next = await last.reopen?.()
        must(
          next !== undefined,
          'a backend that was made by `reopen` has no `reopen`',
          'let it have what the first one has',
        )
        backends.push(next)
        const after = await whole(await opened(next, clients), run.id)
        must(
          done(answer, after),
          `the process was killed after ${what} was answered, and the next one finds ${shown(after)}`,
          'answer when the backend has confirmed it: keep nothing in the process that is to be written later; or say that the store is not `durable`',
        )
        if (!store.shared) await clients.at(-1)!.close()
      }
    } finally {
      await Promise.allSettled(clients.map((client) => client.close()))
      for (const { remove } of backends.slice(1)) await remove?.()
    }
  },
}
