import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { driverOf } from '../src/database.ts'
import { type Driver, inOrder } from '../src/drivers/driver.ts'
import { postgres, type TestDatabase } from './support/databases.ts'
import { killingProxy } from './support/killing-proxy.ts'

const one = { sql: 'SELECT 1 AS one', parameters: [] }
const uses: readonly (readonly [string, statements: number, (driver: Driver) => Promise<unknown>])[] = [
  ['a statement', 1, (driver) => driver.read(one)],
  ['a statement with a name', 1, (driver) => driver.write({ ...one, often: true })],
  ['a transaction', 4, (driver) => driver.transact(inOrder([one, one]))],
]
const moments = uses.flatMap(([name, statements, use]) =>
  Array.from({ length: statements + 1 }, (_, n) => [name, n, statements, use] as const),
)

describe('a connection of pg that is ended by the server', () => {
  let database: TestDatabase
  beforeAll(async () => {
    database = await postgres()
  })
  afterAll(() => database.remove())

  /** A pool, and what it says of connections that nobody has. */
  const listening = (url: string) => {
    const errors: Error[] = []
    const pool = new pg.Pool({ connectionString: url, max: 1, idleTimeoutMillis: 0 })
    pool.on('error', (error) => errors.push(error))
    return { pool, errors }
  }

  // What nobody listens to ends the process: here it fails the test.
  it.each(moments)(
    'fails %s that has it, and nothing else: after %i of %i statements',
    async (_, n, statements, use) => {
      const proxy = await killingProxy(database.location, n + 1)
      const { pool, errors } = listening(proxy.url)
      const outcome = await use(driverOf(pool, 'a test')).then(
        () => 'done',
        (error: unknown) => String(error),
      )
      await new Promise((resolve) => setTimeout(resolve, 20))
      expect(outcome).toMatch(n === statements ? 'done' : /[Cc]onnection/)
      expect(errors).toEqual([])
      await pool.end()
      await proxy.close()
    },
  )

  it('is the business of the application when the application has it, or nobody', async () => {
    const { pool, errors } = listening(database.location)
    const driver = driverOf(pool, 'a test')
    await driver.transact(inOrder([one]))
    await driver.read(one)
    const client = await pool.connect()
    expect(client.listenerCount('error')).toBe(0)
    const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')
    client.release()
    // The pool of the database: a connection that is still being closed when that is dropped ends no process.
    const admin = database.another() as pg.Pool
    await admin.query('SELECT pg_terminate_backend($1)', [rows[0]!.pid])
    await expect.poll(() => errors).toMatchObject([{ code: '57P01' }])
    expect((await driver.read(one)).rows).toEqual([{ one: 1 }])
    await pool.end()
  })
})
