import { invalidOption } from '@pipe/core'
import type { Driver } from './drivers/driver.ts'
import { type MysqlCallbackPool, mysqlDriver, type MysqlPool } from './drivers/mysql.ts'
import { type Pglite, pgDriver, pgliteDriver, type PgPool } from './drivers/postgres.ts'
import { type BetterSqlite3, betterSqlite3Driver, type NodeSqlite, nodeSqliteDriver } from './drivers/sqlite.ts'

/**
 * A database of the user, by the object of its library: a `Pool` of `pg`, a pool of `mysql2` or `mysql2/promise` (MySQL,
 * MariaDB), a `DatabaseSync` of `node:sqlite`, a `Database` of `better-sqlite3`, a `PGlite`. It stays the user's, who
 * opens, configures and closes it, and may use it for anything else.
 */
export type Database = PgPool | Pglite | MysqlPool | MysqlCallbackPool | NodeSqlite | BetterSqlite3

const DATABASE =
  'a Pool of pg, a pool of mysql2, a DatabaseSync of node:sqlite, a Database of better-sqlite3, or a PGlite'

/** Drivers by database: a connection has statements that are prepared, once. */
const drivers = new WeakMap<object, Driver>()

/**
 * What speaks to a database.
 *
 * @param owner whose option it is, for the error
 * @throws PipelineError `OPTION_INVALID`
 */
export function driverOf(db: Database, owner: string): Driver {
  const known = isObject(db) ? (drivers.get(db) ?? made(db)) : undefined
  if (known === undefined) throw invalidOption({ owner, plugin: 'sql' }, db, DATABASE, 'db')
  drivers.set(db, known)
  return known
}

/** Recognised by what they have, not by their class: there may be several copies of a library. */
function made(db: object): Driver | undefined {
  if (isNodeSqlite(db)) return nodeSqliteDriver(db)
  if (isBetterSqlite3(db)) return betterSqlite3Driver(db)
  if (isPglite(db)) return pgliteDriver(db)
  if (isPgPool(db)) return pgDriver(db)
  if (isCallbackPool(db)) return mysqlDriver(db.promise())
  if (isMysqlPool(db)) return mysqlDriver(db)
  return undefined
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null
const has = (db: object, ...names: readonly string[]) => names.every((name) => name in db)

const isNodeSqlite = (db: object): db is NodeSqlite => has(db, 'isTransaction', 'exec', 'prepare')
const isBetterSqlite3 = (db: object): db is BetterSqlite3 => has(db, 'inTransaction', 'exec', 'prepare')
const isPglite = (db: object): db is Pglite => has(db, 'waitReady', 'query', 'transaction')
const isPgPool = (db: object): db is PgPool => has(db, 'totalCount', 'query', 'connect')
const isCallbackPool = (db: object): db is MysqlCallbackPool => has(db, 'getConnection', 'promise')
const isMysqlPool = (db: object): db is MysqlPool => has(db, 'getConnection', 'execute')
