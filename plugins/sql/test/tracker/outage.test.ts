import { DatabaseSync } from 'node:sqlite'
import { startPostgres } from '@pipe/config/servers/postgres'
import type { Server } from '@pipe/config/servers/server'
import { createPipe, pipeline } from '@pipe/core'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { driverOf } from '../../src/database.ts'
import { tracker, type TrackerOptions } from '../../src/index.ts'
import { historyOf } from '../support/rows-of.ts'

const wide = (count: number) =>
  pipeline('wide', (p) => p.map('each', { over: () => Array.from({ length: count }, (_, n) => n), run: (n) => n }))
const small = pipeline('small', (p) => p.step('a', { run: () => 'done' }))

describe('a server that goes away', () => {
  let server: Server
  const pools: pg.Pool[] = []
  const pool = (url = server.url) => {
    const made = new pg.Pool({ connectionString: url, connectionTimeoutMillis: 2_000 })
    made.on('error', () => undefined)
    pools.push(made)
    return made
  }
  const pipeOn = (db: pg.Pool, options: Partial<TrackerOptions> = {}) => {
    const errors: Error[] = []
    const own = tracker({ db, ...options })
    return { own, errors, pipe: createPipe({ plugins: [own], onError: (error) => errors.push(error) }) }
  }
  const back = async (is: () => boolean) => {
    while (!is()) await new Promise((resolve) => setTimeout(resolve, 20))
  }

  beforeAll(async () => {
    server = await startPostgres()
  })
  afterEach(async () => {
    await Promise.all(pools.splice(0).map((one) => one.end()))
  })
  afterAll(() => server.stop())

  it('fails no run; what happened is written when it is back', async () => {
    const db = pool()
    const { own, errors, pipe } = pipeOn(db, { prefix: 'away_' })
    await pipe.run(small, undefined, { id: 'before' })
    await server.down('SIGKILL')
    for (let n = 0; n < 20; n++) expect(await pipe.run(small, undefined, { id: `while-${n}` })).toBe('done')
    await back(() => own.health().state === 'down')
    expect(own.health()).toMatchObject({ error: { code: 'DATABASE_FAILED' }, dropped: 0 })
    expect(errors.map(({ message }) => message)).toEqual([expect.stringContaining('The database could not be asked')])
    await server.up()
    await back(() => own.health().state === 'up' && own.health().waiting === 0)
    const { runs } = await historyOf(db, undefined, 'away_')
    expect(runs).toHaveLength(21)
    expect(new Set(runs.map(({ status }) => status))).toEqual(new Set(['succeeded']))
    await pipe.close()
  })

  it('makes the tables when it is there, however late', async () => {
    await server.down()
    const db = pool()
    const { own, pipe } = pipeOn(db, { prefix: 'late_' })
    expect(await pipe.run(small)).toBe('done')
    await server.up()
    await pipe.close()
    expect(own.health()).toMatchObject({ waiting: 0, dropped: 0 })
    expect((await historyOf(db, undefined, 'late_')).runs).toHaveLength(1)
  })

  it('bounds what waits for it, and counts what was let go of', async () => {
    const { own, errors, pipe } = pipeOn(pool('postgres://postgres@127.0.0.1:1/none'), { maxRows: 100, closeWait: 50 })
    await pipe.run(wide(5_000))
    await pipe.run(small)
    expect(own.health().waiting).toBeLessThanOrEqual(200)
    const { waiting, dropped } = own.health()
    expect(waiting + dropped).toBeGreaterThanOrEqual(5_000)
    await pipe.close()
    expect(own.health()).toMatchObject({ waiting: 0, dropped: dropped + waiting })
    expect(errors.at(-1)?.message).toContain('rows of the history were not written')
  })

  it('goes on when its connections are cut in the middle of a write', async () => {
    const db = pool()
    const { own, pipe } = pipeOn(db, { prefix: 'cut_', maxRows: 20_000 })
    const admin = pool()
    const running = pipe.run(wide(6_000))
    const cutting = (async () => {
      for (let n = 0; n < 10; n++)
        await admin.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()')
    })()
    await Promise.all([running, cutting])
    await pipe.close()
    expect(own.health()).toMatchObject({ waiting: 0, dropped: 0 })
    expect(Object.keys((await historyOf(db, undefined, 'cut_')).steps)).toHaveLength(6_001)
  })

  it('tells what it had no time to write when it was closed, and asks for nothing more', async () => {
    const db = pool()
    const { own, errors, pipe } = pipeOn(db, { prefix: 'stuck_', endWait: 0, closeWait: 100 })
    await pipe.run(small)
    await back(() => own.health().written === 2)
    const admin = await pool().connect()
    await admin.query('BEGIN; LOCK TABLE stuck_pipeline_executions')
    await pipe.run(small)
    await back(() => db.idleCount < db.totalCount)
    await pipe.run(small)
    await pipe.close()
    expect(errors.map(({ message }) => message)).toEqual([
      expect.stringMatching(/^4 rows of the history were not written/),
    ])
    expect(own.health()).toMatchObject({ waiting: 2, written: 2, dropped: 2 })

    let asked = 0
    db.on('acquire', () => asked++)
    await admin.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()')
    await back(() => own.health().waiting === 0)
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(own.health()).toMatchObject({ waiting: 0, written: 2, dropped: 4 })
    expect(asked).toBe(0)
    expect(errors).toHaveLength(1)
    admin.release(true)
  })

  it('says that tables are missing that it must not make, and writes once they are there', async () => {
    const db = pool()
    const { own, errors, pipe } = pipeOn(db, { prefix: 'check_', migrate: 'check' })
    await pipe.run(small)
    expect(own.health()).toMatchObject({ state: 'down', error: { code: 'TABLES_MISSING' } })
    expect(errors[0]?.message).toContain('Call migrate() of @pipe/sql when you deploy')
    const { migrate } = await import('../../src/index.ts')
    await migrate({ db, prefix: 'check_' })
    await back(() => own.health().state === 'up' && own.health().waiting === 0)
    await pipe.close()
    expect((await historyOf(db, undefined, 'check_')).runs).toHaveLength(1)
  })

  it('makes tables again that somebody took away', async () => {
    const db = pool()
    const { own, pipe } = pipeOn(db, { prefix: 'gone_' })
    await pipe.run(small)
    await db.query(
      'DROP TABLE gone_step_executions, gone_pipeline_executions, gone_step_attempts, gone_pipe_migrations',
    )
    await pipe.run(small)
    await back(() => own.health().state === 'up' && own.health().waiting === 0)
    expect((await historyOf(db, undefined, 'gone_')).runs).toHaveLength(1)
    await pipe.close()
  })
})

it('waits for a SQLite file that another process writes, and holds nobody up for long', async () => {
  const file = `${(await import('node:os')).tmpdir()}/pipe-locked-${process.pid}.db`
  const [db, other] = [new DatabaseSync(file), new DatabaseSync(file)]
  const own = tracker({ db, endWait: 100 })
  const pipe = createPipe({ plugins: [own] })
  await pipe.run(small)
  const before = own.health().written
  other.exec('BEGIN IMMEDIATE')
  expect(await pipe.run(small)).toBe('done')
  expect(own.health().written).toBe(before)
  other.exec('COMMIT')
  await pipe.close()
  expect(own.health()).toMatchObject({ waiting: 0, dropped: 0 })
  expect((await historyOf(db)).runs).toHaveLength(2)
  db.close()
  other.close()
  ;(await import('node:fs')).rmSync(file)
})

it('drops a row that the database will never take, and no other', async () => {
  const db = new DatabaseSync(':memory:')
  const errors: Error[] = []
  const own = tracker({ db })
  const pipe = createPipe({ plugins: [own], onError: (error) => errors.push(error) })
  await pipe.run(small)
  db.exec(
    "CREATE TRIGGER picky BEFORE INSERT ON step_executions WHEN NEW.path = 'each[7]' BEGIN SELECT RAISE(ABORT, 'not this one'); END",
  )
  await pipe.run(wide(20))
  await pipe.close()
  const { rows } = await driverOf(db, 'a test').read({ sql: 'SELECT path FROM step_executions', parameters: [] })
  expect(rows).toHaveLength(1 + 20)
  expect(own.health()).toMatchObject({ state: 'up', dropped: 1, waiting: 0 })
  expect(errors.map(({ message }) => message)).toEqual([expect.stringContaining('refuses a row')])
})
