import { randomUUID } from 'node:crypto'
import { DatabaseSync } from 'node:sqlite'
import { PGlite } from '@electric-sql/pglite'
import BetterSqlite3 from 'better-sqlite3'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { driverOf } from '../../src/database.ts'
import type { PgClient, PgPool } from '../../src/drivers/postgres.ts'
import { migrate, migrationSql, sqlStore, type SqlStoreOptions } from '../../src/index.ts'
import { libraries, type TestDatabase } from '../support/databases.ts'
import { aRun, request, select, tell, unfit } from './support.ts'

describe.each(libraries)('with %s', (_, make) => {
  let database: TestDatabase
  beforeAll(async () => {
    database = await make()
  })
  afterAll(() => database.remove())

  test('tables are made, or have to be there, or nobody looks', async () => {
    const { db, dialect } = database
    await expect(sqlStore({ db, prefix: 'a_', migrate: 'check' }).open()).rejects.toMatchObject({
      ...unfit,
      message: expect.stringContaining('lacks the migrations store-1') as string,
    })
    const blind = sqlStore({ db, prefix: 'a_', migrate: 'off' })
    await blind.open()
    await expect(blind.get('a')).rejects.toMatchObject({
      ...unfit,
      message: expect.stringContaining(`The ${dialect} store cannot work. The tables are missing`) as string,
    })
    expect(await migrate({ db, tables: 'store', prefix: 'a_' })).toEqual(['store-1'])
    expect(await blind.get('a')).toBeUndefined()
    const checked = sqlStore({ db, prefix: 'a_', migrate: 'check' })
    await checked.open()
    expect((await checked.acquire(aRun(), request())).created).toBe(true)
    await Promise.all([blind.close(), checked.close()])
  })

  test('stores with different prefixes know nothing of each other, nor of what else is there', async () => {
    const { db } = database
    await tell(db, 'CREATE TABLE IF NOT EXISTS orders (id INTEGER)')
    const [one, two] = [sqlStore({ db }), sqlStore({ db, prefix: 'shop_' })]
    await Promise.all([one.open(), two.open()])
    const run = aRun()
    await one.acquire(run, request())
    expect(await two.get(run.id)).toBeUndefined()
    expect((await two.acquire(run, request())).created).toBe(true)
    expect(await select(db, 'SELECT * FROM orders')).toEqual([])
    await Promise.all([one.close(), two.close()])
    await expect(one.get('a')).rejects.toMatchObject({ code: 'STORE_CLOSED' })
    // It is the user's, and open.
    expect(await select(db, 'SELECT * FROM orders')).toEqual([])
  })

  test('tables that are somebody else’s are no tables of a store', async () => {
    const { db } = database
    await tell(db, 'CREATE TABLE foreign_durable_runs (id INTEGER)')
    const store = sqlStore({ db, prefix: 'foreign_', migrate: 'off' })
    await store.open()
    await expect(store.acquire(aRun(), request())).rejects.toMatchObject(unfit)
    await expect(store.list({}, 10)).rejects.toMatchObject(unfit)
    await store.close()
  })

  test('the statements that make tables can be executed by any tool', async () => {
    const { db, dialect } = database
    const statements = migrationSql({ dialect, tables: 'store', prefix: 'tool_' })
    for (const sql of statements.split(';\n').filter((sql) => sql.trim() !== '')) await tell(db, sql)
    const store = sqlStore({ db, prefix: 'tool_', migrate: 'check' })
    await store.open()
    expect((await store.acquire(aRun(), request())).created).toBe(true)
    await store.close()
  })

  test('a large commit is one, in however many statements it is written', async () => {
    const store = sqlStore({ db: database.db, prefix: 'big_' })
    await store.open()
    const run = aRun()
    const { fence } = await store.acquire(run, request())
    const entries = Array.from({ length: 130 }, (_, i) => ({ key: `k${i}`, value: `${i}`, final: i % 2 === 0 }))
    expect(await store.commit(run.id, fence!, [...entries, { key: 'k0', value: 'late', final: true }])).toBe(true)
    const again = entries.map(({ key }) => ({ key, value: 'again', final: true }))
    expect(await store.commit(run.id, fence!, again)).toBe(true)
    const { items } = await store.entries(run.id)
    expect(items).toHaveLength(130)
    for (const { key, value, final } of items) {
      const i = Number(key.slice(1))
      expect([value, final]).toEqual([i % 2 === 0 ? `${i}` : 'again', true])
    }
    expect(await store.commit(run.id, fence! + 1, again)).toBe(false)
    await store.close()
  })
})

test('what is in memory is gone with its process, and says so', async () => {
  const databases = [new DatabaseSync(':memory:'), new BetterSqlite3(), await PGlite.create()]
  const names = ['sqlite', 'sqlite', 'postgres']
  for (const [i, db] of databases.entries()) {
    expect(sqlStore({ db })).toMatchObject({ name: names[i], durable: false, shared: false })
    await db.close()
  }
})

test.each([
  [{ db: 'postgres://localhost' }, '`db` of sqlStore() must be a Pool of pg'],
  [{ prefix: 'Über' }, '`prefix` of sqlStore() must be'],
  [{ migrate: 'always' }, "`migrate` of sqlStore() must be 'auto', 'check' or 'off'"],
  [{ timeout: 0 }, '`timeout` of sqlStore() must be milliseconds from 1 to a day'],
  [{ timeout: '2 weeks' }, '`timeout` of sqlStore()'],
  [{ client: {} }, '`client` of sqlStore() must be left out'],
])('refuses %o', (options, message) => {
  const db = new DatabaseSync(':memory:')
  expect(() => sqlStore({ db, ...options } as SqlStoreOptions)).toThrow(message)
  db.close()
})

test('a command is heard at once by who watches the same store', async () => {
  const db = new DatabaseSync(':memory:')
  const store = sqlStore({ db })
  await store.open()
  const run = aRun()
  const { fence } = await store.acquire(run, request())
  const heard: string[] = []
  const listen = (id: string) => heard.push(id)
  const stops = [store.watch!(listen), store.watch!(listen)]
  await store.command(run.id, 'pause')
  expect(heard).toEqual([run.id, run.id])
  stops[0]!()
  await store.command(run.id, 'cancel')
  await store.command(run.id, 'run') // changes nothing
  expect(heard).toHaveLength(3)
  stops[1]!()
  await store.end(run.id, fence!, 'cancelled', '')
  await store.close()
  db.close()
})

test('behind a pooler that gives others’ connections, statements go without their names', async () => {
  const pool = new pg.Pool({ connectionString: inject('postgresUrl'), max: 1, idleTimeoutMillis: 0 })
  const table = `pipe_test_${randomUUID().replaceAll('-', '')}`
  await pool.query(`CREATE TABLE ${table} (name TEXT)`)
  let named = 0
  const behind: PgPool = {
    totalCount: 0,
    query: (sql, values) => pool.query(sql, values),
    connect: (callback) => {
      pool.connect((error, client, release) => {
        const query = async (statement: Parameters<PgClient['query']>[0]) => {
          if (typeof statement === 'string') return await client!.query(statement)
          if (statement.name === undefined) return await client!.query(statement.text, statement.values)
          named++
          // As another client has it who uses the same connection.
          return await client!.query(`EXECUTE ${statement.name}`)
        }
        const listening = { on: client!.on.bind(client), removeListener: client!.removeListener.bind(client) }
        callback(error, { ...listening, query }, release)
      })
    },
  }
  const driver = driverOf(behind, 'a test')
  const insert = { sql: `INSERT INTO ${table} VALUES ($1)`, parameters: ['a'], often: true }
  expect(await driver.write(insert)).toMatchObject({ changes: 1 })
  expect(await driver.write(insert)).toMatchObject({ changes: 1 })
  expect(named).toBe(1)
  const failing = { sql: `INSERT INTO ${table} VALUES ($1, 1)`, parameters: ['a'], often: true }
  await expect(driverOf(pool, 'a test').write(failing)).rejects.toMatchObject({ code: '42601' })
  await pool.query(`DROP TABLE ${table}`)
  await pool.end()
})
