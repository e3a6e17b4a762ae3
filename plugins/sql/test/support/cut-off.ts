import type { DatabaseSync } from 'node:sqlite'
import type { PGlite } from '@electric-sql/pglite'
import type BetterSqlite3 from 'better-sqlite3'
import type mysql from 'mysql2/promise'
import type pg from 'pg'
import type { PgPool } from '../../src/drivers/postgres.ts'
import type { Database } from '../../src/index.ts'

/** A database whose statements reach it until it is cut off: then each fails as with a connection that was reset. */
export interface CutOff {
  readonly db: Database
  /** From now on, so many statements come through. */
  readonly after: (statements: number) => void
}

/** Counts statements. */
interface Gate {
  left: number
}

const reset = () => Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' })

function pass(gate: Gate): void {
  if (gate.left-- <= 0) throw reset()
}

/** The other members of `target`, with some of our own. */
const instead = <T extends object>(target: T, own: object): T =>
  new Proxy(target, {
    get: (_, name) => {
      const from = Object.hasOwn(own, name) ? own : target
      const value: unknown = Reflect.get(from, name, from)
      return typeof value === 'function' ? (value.bind(from) as unknown) : value
    },
    has: (_, name) => name in own || name in target,
  })

type Query = (...given: never[]) => Promise<unknown>

const gated =
  <Q extends Query>(gate: Gate, query: Q) =>
  async (...given: Parameters<Q>) => {
    pass(gate)
    return await query(...given)
  }

/** A connection that was cut off is not used by anybody else. */
function pgPool(pool: pg.Pool, gate: Gate): Database {
  const connect = (callback: Parameters<PgPool['connect']>[0]) => {
    pool.connect((error, client, release) => {
      if (client === undefined) return callback(error, undefined, release)
      const gatedClient = instead(client, { query: gated(gate, client.query.bind(client) as Query) })
      callback(error, gatedClient, (destroy) => release(destroy === true || gate.left <= 0))
    })
  }
  return instead(pool, { query: gated(gate, pool.query.bind(pool) as Query), connect })
}

function mysqlPool(pool: mysql.Pool, gate: Gate): Database {
  const getConnection = async () => {
    const connection = await pool.getConnection()
    return instead(connection, {
      query: gated(gate, connection.query.bind(connection) as Query),
      execute: gated(gate, connection.execute.bind(connection) as Query),
    })
  }
  return instead(pool, { execute: gated(gate, pool.execute.bind(pool) as Query), getConnection })
}

function pglite(db: PGlite, gate: Gate): Database {
  return instead(db, {
    query: gated(gate, db.query.bind(db) as Query),
    transaction: (work: (tx: object) => Promise<unknown>) =>
      db.transaction(async (tx) => {
        const answer = await work(instead(tx, { query: gated(gate, tx.query.bind(tx) as Query) }))
        pass(gate) // its COMMIT
        return answer
      }),
  })
}

/** What a process that is cut off has begun, SQLite takes back. */
function sqlite<D extends DatabaseSync | BetterSqlite3.Database>(db: D, gate: Gate): D {
  const through = <T>(execute: () => T): T => {
    if (gate.left-- > 0) return execute()
    const isOpen = 'isTransaction' in db ? db.isTransaction : db.inTransaction
    if (isOpen) db.exec('ROLLBACK')
    throw reset()
  }
  return instead<D>(db, {
    exec: (sql: string) => through(() => db.exec(sql)),
    prepare: (sql: string) => {
      const statement = db.prepare(sql)
      return instead(statement, {
        all: (...values: never[]) => through(() => statement.all(...values)),
        run: (...values: never[]) => through(() => statement.run(...values)),
      })
    },
  })
}

/** A database that can be cut off, and is not yet. */
export function cutOff(library: string, db: Database): CutOff {
  const gate = { left: Infinity }
  const after = (statements: number) => void (gate.left = statements)
  // The name of the library says which it is.
  if (library === 'pg') return { db: pgPool(db as pg.Pool, gate), after }
  if (library === 'PGlite') return { db: pglite(db as PGlite, gate), after }
  if (library === 'mysql2') return { db: mysqlPool(db as mysql.Pool, gate), after }
  return { db: sqlite(db as DatabaseSync, gate), after }
}
