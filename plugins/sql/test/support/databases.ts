import { randomUUID } from 'node:crypto'
import { rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { PGlite } from '@electric-sql/pglite'
import BetterSqlite3 from 'better-sqlite3'
import mysql from 'mysql2/promise'
import pg from 'pg'
import { inject } from 'vitest'
import type { Database } from '../../src/index.ts'
import type { Dialect } from '../../src/drivers/driver.ts'

/** An empty database for one test. */
export interface TestDatabase {
  readonly db: Database
  readonly dialect: Dialect
  /** Another connection, or pool, to the same database; not for those that have only one. */
  readonly another: () => Database
  /** Where another process finds it: a file or an address. */
  readonly location: string
  /** Closes the connections and removes the database. */
  readonly remove: () => Promise<void>
}

/** Makes one. */
export type MakeDatabase = () => Promise<TestDatabase>

/** An empty database by the library that speaks to it. */
export const libraries = [
  ['node:sqlite', nodeSqlite],
  ['better-sqlite3', betterSqlite3],
  ['pg', postgres],
  ['PGlite', pglite],
  ['mysql2', mariadb],
] as const satisfies readonly (readonly [string, MakeDatabase])[]

/** Those that several processes can use at the same time, one for each database. */
export const shared = libraries.filter(([name]) => ['node:sqlite', 'pg', 'mysql2'].includes(name))

const fresh = () => `pipe_test_${randomUUID().replaceAll('-', '')}`

function sqliteFile<D extends { close(): void }>(open: (file: string) => D): [D, Omit<TestDatabase, 'db'>] {
  const file = join(tmpdir(), `${fresh()}.db`)
  const opened: D[] = []
  const another = () => {
    const db = open(file)
    opened.push(db)
    return db
  }
  const remove = async () => {
    for (const db of opened) db.close()
    for (const name of ['', '-wal', '-shm', '-journal']) rmSync(file + name, { force: true })
    await Promise.resolve()
  }

  return [another(), { dialect: 'sqlite', another: another as never, location: file, remove }]
}

async function nodeSqlite(): Promise<TestDatabase> {
  const [db, rest] = sqliteFile((file) => new DatabaseSync(file))
  return await Promise.resolve({ db, ...rest })
}

async function betterSqlite3(): Promise<TestDatabase> {
  const [db, rest] = sqliteFile((file) => new BetterSqlite3(file))
  return await Promise.resolve({ db, ...rest })
}

export async function postgres(): Promise<TestDatabase> {
  const name = fresh()
  const server = new pg.Pool({ connectionString: inject('postgresUrl'), max: 1 })
  await server.query(`CREATE DATABASE ${name}`)
  const location = new URL(inject('postgresUrl'))
  location.pathname = `/${name}`
  const pools: pg.Pool[] = []
  const another = () => {
    // No timers for idle connections, which would tick between tests that share a database.
    const pool = new pg.Pool({ connectionString: String(location), idleTimeoutMillis: 0 })
    // What becomes of an idle connection is the user's to hear.
    pool.on('error', () => undefined)
    pools.push(pool)
    return pool
  }
  const remove = async () => {
    await Promise.all(pools.filter((pool) => !pool.ended).map((pool) => pool.end()))
    await server.query(`DROP DATABASE ${name} WITH (FORCE)`)
    await server.end()
  }
  return { db: another(), dialect: 'postgres', another, location: String(location), remove }
}

/** One that no test uses now: to start one takes as long as a hundred tests. */
let idle: PGlite | undefined

async function pglite(): Promise<TestDatabase> {
  const db = idle ?? (await PGlite.create())
  idle = undefined
  const name = fresh()
  await db.exec(`CREATE SCHEMA ${name}; SET search_path TO ${name}`)
  const another = () => {
    throw new Error('A PGlite is one connection.')
  }
  const remove = async () => {
    if (db.closed) return
    await db.exec(`DROP SCHEMA ${name} CASCADE`)
    if (idle === undefined) idle = db
    else await db.close()
  }
  return { db, dialect: 'postgres', another, location: '', remove }
}

export async function mariadb(): Promise<TestDatabase> {
  const name = fresh()
  const server = await mysql.createConnection(inject('mariadbUrl'))
  await server.query(`CREATE DATABASE ${name} CHARACTER SET utf8mb4`)
  const location = new URL(inject('mariadbUrl'))
  location.pathname = `/${name}`
  const pools: mysql.Pool[] = []
  const another = () => {
    const pool = mysql.createPool({ uri: String(location), connectionLimit: 10 })
    pools.push(pool)
    return pool
  }
  const remove = async () => {
    await Promise.all(pools.map((pool) => pool.end()))
    await server.query(`DROP DATABASE ${name}`)
    await server.end()
  }
  return { db: another(), dialect: 'mysql', another, location: String(location), remove }
}
