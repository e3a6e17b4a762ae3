import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startMariadb } from '@pipe/config/servers/mariadb'
import { startPostgres } from '@pipe/config/servers/postgres'
import { startRedis } from '@pipe/config/servers/redis'
import { redisStore } from '@pipe/redis'
import { type Database, migrate, sqlStore } from '@pipe/sql'
import { sqliteStore, type StateStore } from '@pipe/state'
import { Redis } from 'ioredis'
import mysql from 'mysql2/promise'
import pg from 'pg'

/** A store that several processes share. */
interface Kind {
  /** Where nothing is kept yet: a file, or a server of its own. */
  readonly make: () => Promise<{ readonly at: string; readonly remove: () => Promise<void> }>
  readonly open: (at: string) => Promise<OpenStore>
}

/** A store that is open, and how to be done with it. */
export interface OpenStore {
  readonly store: StateStore
  readonly close: () => Promise<void>
}

/** How long a store is waited for, ms. */
const TIMEOUT = 2_000

const nothing = (): undefined => undefined

async function opened(store: StateStore, end: () => Promise<void> | void): Promise<OpenStore> {
  await store.open()
  return {
    store,
    close: async () => {
      await store.close()
      await end()
    },
  }
}

const postgres = (connectionString: string) => {
  const db = new pg.Pool({ connectionString, max: 4, connectionTimeoutMillis: TIMEOUT })
  db.on('error', nothing) // calls that fail tell
  return db
}

const mariadb = (uri: string) => mysql.createPool({ uri, connectionLimit: 4, connectTimeout: TIMEOUT })

async function migrated(db: Database & { end(): Promise<void> }): Promise<void> {
  await migrate({ db, tables: 'store' }).finally(() => db.end())
}

export const stores = {
  sqlite: {
    make: () => {
      const folder = mkdtempSync(join(tmpdir(), 'pipe-scheduler-'))
      const remove = () => {
        rmSync(folder, { recursive: true })
        return Promise.resolve()
      }
      return Promise.resolve({ at: join(folder, 'runs.db'), remove })
    },
    open: (file) => opened(sqliteStore({ file }), nothing),
  },
  redis: {
    make: async () => {
      const server = await startRedis()
      return { at: server.url, remove: () => server.stop() }
    },
    open: (url) => {
      const client = new Redis(url, { retryStrategy: () => 50, maxRetriesPerRequest: 1 })
      client.on('error', nothing) // calls that fail tell
      const store = redisStore({ client, timeout: TIMEOUT, onWarning: nothing })
      return opened(store, () => client.disconnect())
    },
  },
  postgres: {
    make: async () => {
      const server = await startPostgres()
      await migrated(postgres(server.url))
      return { at: server.url, remove: () => server.stop() }
    },
    open: (url) => {
      const db = postgres(url)
      return opened(sqlStore({ db, timeout: TIMEOUT }), () => db.end())
    },
  },
  mariadb: {
    make: async () => {
      const server = await startMariadb()
      await migrated(mariadb(server.url))
      return { at: server.url, remove: () => server.stop() }
    },
    open: (url) => {
      const db = mariadb(url)
      return opened(sqlStore({ db, timeout: TIMEOUT }), () => db.end())
    },
  },
} satisfies Record<string, Kind>

/** A kind of store, by its name. */
export type StoreName = keyof typeof stores
