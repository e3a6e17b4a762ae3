import { createPipe, pipeline } from '@pipe/core'
import { fakeClock } from '@pipe/testing'
import type pg from 'pg'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { tracker, type TrackerOptions } from '../../src/index.ts'
import { libraries, type TestDatabase } from '../support/databases.ts'
import { historyOf } from '../support/rows-of.ts'

const [, makePostgres] = libraries.find(([name]) => name === 'pg')!

const small = pipeline('small', (p) => p.step('a', { run: () => 'done' }))

describe('a database that neither answers nor fails', () => {
  let database: TestDatabase
  let db: pg.Pool
  let hangs: pg.PoolClient | undefined

  beforeEach(async () => {
    database = await makePostgres()
    db = database.db as pg.Pool
  })
  afterEach(async () => {
    hangs?.release(true)
    hangs = undefined
    await database.remove()
  })

  /** From now on, who writes rows of runs waits. */
  const hang = async () => {
    hangs = await (database.another() as pg.Pool).connect()
    await hangs.query('BEGIN; LOCK TABLE pipeline_executions')
  }
  const goOn = () => hangs?.query('ROLLBACK')
  const until = async (is: () => boolean) => {
    while (!is()) await new Promise((resolve) => setTimeout(resolve, 5))
  }
  const busy = () => db.totalCount - db.idleCount
  const opened = (options: Partial<TrackerOptions> = {}, clock?: ReturnType<typeof fakeClock>) => {
    const own = tracker({ db, ...options })
    return { own, pipe: createPipe({ plugins: [own], ...(clock && { clock }), onError: () => undefined }) }
  }

  it('keeps one run waiting, and not every one', async () => {
    const { own, pipe } = opened({ endWait: 300 })
    await pipe.run(small)
    await hang()
    const started = performance.now()
    for (let n = 0; n < 10; n++) await pipe.run(small)
    expect(performance.now() - started).toBeGreaterThan(250)
    expect(performance.now() - started).toBeLessThan(900)
    expect(own.health()).toMatchObject({ state: 'up', waiting: 20 })
    await goOn()
    await until(() => own.health().waiting === 0)
    await pipe.run(small)
    expect((await historyOf(db)).runs).toHaveLength(12)
    await pipe.close()
  })

  it('is down after 30 s, and asked again then', async () => {
    const clock = fakeClock()
    const { own, pipe } = opened({ endWait: 0 }, clock)
    await pipe.run(small)
    await clock.advance('100ms')
    await until(() => own.health().written === 2)
    await hang()
    await pipe.run(small)
    await clock.advance('100ms')
    await until(() => busy() === 1)
    expect(own.health()).toMatchObject({ state: 'up', waiting: 2 })
    await clock.advance('30s')
    expect(own.health()).toMatchObject({
      state: 'down',
      waiting: 2,
      error: { message: expect.stringContaining('It has not answered for 30 s.') as string },
    })
    await goOn()
    await clock.advance('1s')
    await until(() => own.health().state === 'up')
    expect(own.health()).toMatchObject({ waiting: 0, written: 4, dropped: 0 })
    expect((await historyOf(db)).runs).toHaveLength(2)
    await pipe.close()
  })

  it('is told once at a time who is alive', async () => {
    const clock = fakeClock()
    const { own, pipe } = opened({ endWait: 0, heartbeat: '1s' }, clock)
    const gate = Promise.withResolvers<undefined>()
    const run = pipe.start(pipeline('long', (p) => p.step('wait', { run: () => gate.promise })))
    await clock.advance('100ms')
    await until(() => own.health().written === 2)
    await hang()
    for (let n = 0; n < 5; n++) await clock.advance('1s')
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect([busy(), db.waitingCount]).toEqual([1, 0])
    await goOn()
    await until(() => busy() === 0)
    await clock.advance('1s')
    await until(() => busy() === 0)
    const [row] = (await historyOf(db)).runs
    expect(row!.seen_at).toBeGreaterThan(clock.now() - 1_000)
    gate.resolve(undefined)
    await run.result
    await pipe.close()
  })
})
