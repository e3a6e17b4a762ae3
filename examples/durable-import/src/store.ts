import { join } from 'node:path'
import { redisStore } from '@pipe/redis'
import { sqlStore } from '@pipe/sql'
import { sqliteStore, type StateStore } from '@pipe/state'
import { Redis } from 'ioredis'
import mysql from 'mysql2/promise'
import pg from 'pg'

/** A store that is open, and lets go of what it holds when it is disposed. */
export interface OpenStore extends AsyncDisposable {
  readonly store: StateStore
}

/**
 * Opens the store of runs: in the database at `DATABASE_URL` (PostgreSQL, MySQL, MariaDB), on the Redis server at `REDIS_URL`,
 * or else a SQLite file in the folder.
 */
export async function openStore(folder: string): Promise<OpenStore> {
  await using opening = new AsyncDisposableStack()
  const store = storeIn(folder, opening)
  opening.defer(() => store.close())
  await store.open()
  const opened = opening.move()
  return { store, [Symbol.asyncDispose]: () => opened.disposeAsync() }
}

/** The store, not open yet. Clients are closed by `opening`: a store does not close what it did not open. */
function storeIn(folder: string, opening: AsyncDisposableStack): StateStore {
  const { DATABASE_URL, REDIS_URL } = process.env
  if (DATABASE_URL !== undefined) {
    const db = opening.adopt(poolOf(DATABASE_URL), (pool) => pool.end())
    return sqlStore({ db, prefix: 'import_' })
  }
  if (REDIS_URL !== undefined) {
    const client = opening.adopt(clientOf(REDIS_URL), (client) => client.disconnect())
    return redisStore({ client, prefix: 'durable-import' })
  }
  return sqliteStore({ file: join(folder, 'runs.db') })
}

/** A client that connects again and again: the store says what could not be done meanwhile, once for each call. */
const clientOf = (url: string) => new Redis(url, { maxRetriesPerRequest: 2 }).on('error', () => undefined)

/** What becomes of a connection that nobody uses is no reason to end: the store says what could not be done. */
function poolOf(url: string): pg.Pool | mysql.Pool {
  if (url.startsWith('postgres')) return new pg.Pool({ connectionString: url }).on('error', () => undefined)
  if (/^(mysql|mariadb):/.test(url)) return mysql.createPool({ uri: url.replace(/^mariadb:/, 'mysql:') })
  throw new Error('DATABASE_URL must begin with postgres://, mysql:// or mariadb://.')
}
