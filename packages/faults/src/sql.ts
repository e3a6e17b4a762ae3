import { randomUUID } from 'node:crypto'
import { type Database, migrate, sqlStore } from '@pipe/sql'
import mysql from 'mysql2/promise'
import pg from 'pg'
import type { Backend } from './backend.ts'
import { SQL_SERVERS } from './sql-servers.ts'

/** A pool of the application. */
interface Pool {
  readonly db: Database
  readonly tell: (sql: string) => Promise<unknown>
  readonly end: () => Promise<void>
}

/** Each process has one. */
const MOST_CONNECTIONS = 4

function postgresPool(connectionString: string): Pool {
  const db = new pg.Pool({ connectionString, max: MOST_CONNECTIONS, connectionTimeoutMillis: 2_000 })
  db.on('error', () => undefined) // calls that fail tell
  return { db, tell: (sql) => db.query(sql), end: () => db.end() }
}

function mariadbPool(uri: string): Pool {
  const db = mysql.createPool({ uri, connectionLimit: MOST_CONNECTIONS, connectTimeout: 2_000 })
  return { db, tell: (sql) => db.query(sql), end: () => db.end() }
}

/** A place is the URL of a server, and behind `#` what the names of the tables begin with. */
function backendOf(kind: keyof typeof SQL_SERVERS, poolOf: (url: string) => Pool): Backend {
  const split = (at: string) => {
    const url = new URL(at)
    const prefix = url.hash.slice(1)
    url.hash = ''
    return { url: String(url), prefix }
  }
  return {
    make: async () => {
      const prefix = `f${randomUUID().slice(0, 8)}_`
      const server = process.env[SQL_SERVERS[kind]] ?? ''
      const { db, end } = poolOf(server)
      await migrate({ db, tables: 'store', prefix }).finally(end)
      // The tables are gone with the server.
      return { at: `${server}#${prefix}`, [Symbol.asyncDispose]: () => Promise.resolve() }
    },
    open: async (at) => {
      const { url, prefix } = split(at)
      const { db, end } = poolOf(url)
      const store = sqlStore({ db, prefix, timeout: 2_000 })
      await store.open()
      return {
        store,
        [Symbol.asyncDispose]: async () => {
          await store.close()
          await end()
        },
      }
    },
    // The leases of all runs are moved: the clock of a server cannot be set without that of its machine.
    setClock: async (at, ms) => {
      const { url, prefix } = split(at)
      const { tell, end } = poolOf(url)
      const moved = `lease_until = lease_until - (${ms}), leased_at = leased_at - (${ms})`
      await tell(`UPDATE ${prefix}durable_runs SET ${moved} WHERE lease_until > 0`).finally(end)
    },
  }
}

export const sqlBackends = {
  postgres: backendOf('postgres', postgresPool),
  mariadb: backendOf('mariadb', mariadbPool),
} satisfies Record<string, Backend>
