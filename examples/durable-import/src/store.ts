import { join } from 'node:path'
import { redisStore } from '@pipe/redis'
import { sqliteStore, type StateStore } from '@pipe/state'
import { Redis } from 'ioredis'

/** A store that is open, and lets go of what it holds when it is disposed. */
export interface OpenStore extends AsyncDisposable {
  readonly store: StateStore
}

/** Opens the store of runs: on the Redis server at `REDIS_URL`, or else a SQLite file in the folder. */
export async function openStore(folder: string): Promise<OpenStore> {
  await using opening = new AsyncDisposableStack()
  const url = process.env['REDIS_URL']
  const store =
    url === undefined
      ? sqliteStore({ file: join(folder, 'runs.db') })
      : redisStore({ client: opening.adopt(connect(url), (client) => client.disconnect()), prefix: 'durable-import' })
  opening.defer(() => store.close())
  await store.open()
  const opened = opening.move()
  return { store, [Symbol.asyncDispose]: () => opened.disposeAsync() }
}

/** A client that connects again and again: the store says what could not be done meanwhile, once for each call. */
const connect = (url: string) => new Redis(url, { maxRetriesPerRequest: 2 }).on('error', () => undefined)
