import { rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { isPipelineError } from '@pipe/core'
import BetterSqlite3 from 'better-sqlite3'
import mysql from 'mysql2'
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest'
import { type Database, driverOf } from '../src/database.ts'
import { type Driver, inOrder, type Statement } from '../src/drivers/driver.ts'
import { libraries, shared, type TestDatabase } from './support/databases.ts'

/** A statement written for SQLite and MySQL, in the dialect. */
const written = ({ dialect }: Driver, sql: string, ...parameters: Statement['parameters']): Statement => {
  let count = 0
  return { sql: dialect === 'postgres' ? sql.replaceAll('?', () => `$${++count}`) : sql, parameters }
}

describe.each(libraries)('with %s', (_, make) => {
  let database: TestDatabase
  let driver: Driver
  const to = (sql: string, ...parameters: Statement['parameters']) => written(driver, sql, ...parameters)
  const names = async () =>
    (await driver.read(to('SELECT name FROM things ORDER BY id'))).rows.map((row) => row['name'])

  beforeEach(async () => {
    database = await make()
    driver = driverOf(database.db, 'a test')
    await driver.write(to('CREATE TABLE things (id INTEGER PRIMARY KEY, name VARCHAR(100), size DOUBLE PRECISION)'))
  })
  afterEach(() => database.remove())

  it('is one driver for one database', () => {
    expect(driverOf(database.db, 'another')).toBe(driver)
    expect(driver.dialect).toBe(database.dialect)
  })

  it('writes and reads texts, numbers and nothing', async () => {
    const text = 'naïve — 本 🦊 \' " \\ $1 ? %'
    const { changes } = await driver.write(
      to('INSERT INTO things VALUES (?, ?, ?), (?, ?, ?)', 1, text, 1.5, 2, null, null),
    )
    expect(changes).toBe(2)
    const { rows } = await driver.read(to('SELECT * FROM things ORDER BY id'))
    expect(rows.map((row) => ({ ...row }))).toEqual([
      { id: 1, name: text, size: 1.5 },
      { id: 2, name: null, size: null },
    ])
  })

  it('keeps the time to a thousandth of a millisecond', async () => {
    const time = 1_763_749_370_123.457
    await driver.write(to('INSERT INTO things VALUES (1, NULL, ?)', time))
    expect((await driver.read(to('SELECT size FROM things'))).rows[0]!['size']).toBe(time)
  })

  it('counts what it changes', async () => {
    await driver.write(to("INSERT INTO things VALUES (1, 'a', 0), (2, 'b', 0), (3, 'c', 0)"))
    expect((await driver.write(to('UPDATE things SET size = 0 WHERE id < 3'))).changes).toBe(2)
    expect((await driver.write(to('DELETE FROM things WHERE id = ?', 9))).changes).toBe(0)
  })

  it('commits what a transaction did, and hands out what came of it', async () => {
    const answer = await driver.transact(function* () {
      yield to("INSERT INTO things VALUES (1, 'a', 0)")
      const { rows } = yield to('SELECT name FROM things WHERE id = ?', 1)
      yield to('INSERT INTO things VALUES (2, ?, 0)', `${rows[0]!['name']}!`)
      return rows.length
    })
    expect(answer).toBe(1)
    expect(await names()).toEqual(['a', 'a!'])
  })

  it('takes back what a transaction did that throws, or whose statement fails', async () => {
    const bug = new Error('a bug')
    const throwing = driver.transact(function* () {
      yield to("INSERT INTO things VALUES (1, 'a', 0)")
      throw bug
    })
    await expect(throwing).rejects.toBe(bug)
    const failing = driver.transact(
      inOrder([to("INSERT INTO things VALUES (2, 'b', 0)"), to('SELECT nothing FROM nowhere')]),
    )
    await expect(failing).rejects.toThrow(/nowhere|nothing/)
    expect(await names()).toEqual([])
    expect(await driver.transact(inOrder([to("INSERT INTO things VALUES (3, 'c', 0)")]))).toBe(1)
  })

  it('keeps transactions apart that are asked for at the same time', async () => {
    await driver.write(to("INSERT INTO things VALUES (1, 'count', 0)"))
    const lock = driver.dialect === 'sqlite' ? '' : 'FOR UPDATE'
    const increment = () =>
      driver.transact(function* () {
        const { rows } = yield to(`SELECT size FROM things WHERE id = 1 ${lock}`)
        yield to('UPDATE things SET size = ? WHERE id = 1', Number(rows[0]!['size']) + 1)
      })
    await Promise.all(Array.from({ length: 30 }, increment))
    expect((await driver.read(to('SELECT size FROM things'))).rows[0]!['size']).toBe(30)
  })
})

describe.each(shared)('with two of %s', (_, make) => {
  it('tries again what was in the way of another transaction', async () => {
    const database = await make()
    try {
      const [one, two] = [database.db, database.another()].map((db) => driverOf(db, 'a test'))
      await one!.write(written(one!, 'CREATE TABLE things (id INTEGER PRIMARY KEY, size INTEGER)'))
      await one!.write(written(one!, 'INSERT INTO things VALUES (1, 0), (2, 0)'))
      // Each takes the rows in another order: a deadlock, wherever it can come to that.
      const both = (driver: Driver, ids: readonly number[]) =>
        driver.transact(function* () {
          for (const id of ids) yield written(driver, 'UPDATE things SET size = size + 1 WHERE id = ?', id)
        })
      await Promise.all(Array.from({ length: 4 }, (__, n) => both([one!, two!][n % 2]!, n % 2 === 0 ? [1, 2] : [2, 1])))
      const { rows } = await one!.read(written(one!, 'SELECT size FROM things'))
      expect(rows.map((row) => row['size'])).toEqual([4, 4])
    } finally {
      await database.remove()
    }
  })
})

describe.each(libraries.filter(([name]) => name.includes('sqlite')))('a transaction of the user on %s', (_, make) => {
  let database: TestDatabase
  beforeEach(async () => {
    database = await make()
  })
  afterEach(() => database.remove())

  it('is not disturbed by writes, which wait for its end, and does not hold up reads', async () => {
    const driver = driverOf(database.db, 'a test')
    const user = database.db as { exec(sql: string): void }
    user.exec('CREATE TABLE things (name TEXT); BEGIN')
    const written = driver.write({ sql: 'INSERT INTO things VALUES (?)', parameters: ['ours'] })
    const done = driver.transact(inOrder([{ sql: 'INSERT INTO things VALUES (?)', parameters: ['ours too'] }]))
    user.exec("INSERT INTO things VALUES ('theirs')")
    const read = () => driver.read({ sql: 'SELECT name FROM things ORDER BY name', parameters: [] })
    expect((await read()).rows.map((row) => row['name'])).toEqual(['theirs'])
    user.exec('ROLLBACK')
    await Promise.all([written, done])
    expect((await read()).rows.map((row) => row['name'])).toEqual(['ours', 'ours too'])
  })
})

it.each([
  ['node:sqlite', (file: string) => new DatabaseSync(file, { timeout: 5_000 })],
  ['better-sqlite3', (file: string) => new BetterSqlite3(file)],
])('waits for a lock without holding up the process, whatever %s would do', async (_, open) => {
  const file = join(tmpdir(), `pipe-driver-locked-${process.pid}.db`)
  const [db, other] = [open(file), new DatabaseSync(file)]
  const driver = driverOf(db, 'a test')
  const insert = { sql: 'INSERT INTO things VALUES (1)', parameters: [] }
  await driver.write({ sql: 'CREATE TABLE things (size INTEGER)', parameters: [] })
  other.exec('BEGIN IMMEDIATE')
  const began = performance.now()
  const done = Promise.all([driver.write(insert), driver.transact(inOrder([insert]))])
  await new Promise(setImmediate)
  expect(performance.now() - began).toBeLessThan(1_000)
  other.exec('COMMIT')
  await done
  const timeout = db.prepare('PRAGMA busy_timeout').get()
  expect({ ...(timeout as object) }).toEqual({ timeout: 5_000 })
  for (const one of [db, other]) one.close()
  rmSync(file)
})

it('knows a pool of mysql2 with callbacks', async () => {
  const pool = mysql.createPool({ uri: inject('mariadbUrl') })
  const { rows } = await driverOf(pool, 'a test').read({ sql: 'SELECT 1 AS one', parameters: [] })
  expect(rows).toEqual([{ one: 1 }])
  await pool.promise().end()
})

it.each([[undefined], [null], ['postgres://localhost'], [{}], [{ query: () => undefined }]])(
  'refuses %s as a database',
  (db) => {
    const refused = () => driverOf(db as Database, 'tracker()')
    expect(refused).toThrow('`db` of tracker() must be a Pool of pg, a pool of mysql2')
    try {
      refused()
    } catch (error) {
      expect(isPipelineError(error, 'OPTION_INVALID')).toBe(true)
    }
  },
)
