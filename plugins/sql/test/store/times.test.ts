import type { NewRun, StateStore } from '@pipe/state'
import { storeChecks } from '@pipe/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { languageOf } from '../../src/store/language.ts'
import { sqlStoreSettings } from '../../src/store/options.ts'
import { storeOn } from '../../src/store/sql-store.ts'
import { RUNS_AT_ONCE } from '../../src/store/statements.ts'
import { libraries, type TestDatabase } from '../support/databases.ts'
import { aRun, driverFor, ended, request, tell } from './support.ts'

describe.each(libraries)('with %s, whose clock is in a table', (library, make) => {
  let database: TestDatabase
  let stores = 0
  const advance = (ms: number) => tell(database.db, `UPDATE test_clock SET ms = ms + ${ms}`)
  const storeOf = (prefix: string) => {
    const language = languageOf(driverFor(database.db).dialect, '(SELECT ms FROM test_clock)')
    return storeOn(sqlStoreSettings({ db: database.db, prefix }), language)
  }
  beforeAll(async () => {
    database = await make()
    if ('exec' in database.db && !('waitReady' in database.db)) database.db.exec('PRAGMA synchronous = off')
    await tell(database.db, 'CREATE TABLE test_clock (ms DOUBLE PRECISION)')
    await tell(database.db, 'INSERT INTO test_clock VALUES (0)')
  })
  afterAll(() => database.remove())

  // Rules of which no more than a part can be tried while time passes by itself.
  const timely = /time|lease|clock|crash|dead|hours|however long|forgets|oldest|filter/
  const backend = () => {
    const prefix = `own${++stores}_`
    return { client: () => storeOf(prefix), advance, adjust: advance }
  }
  for (const check of storeChecks(library, backend, { histories: 20 }))
    if (timely.test(check.name)) test(check.name, () => check.run())

  test('fences rise also when the clock is set back and the run was forgotten', async () => {
    const store = storeOf(`own${++stores}_`)
    await store.open()
    const { id } = await ended(store)
    const before = (await store.get(id))!.fence
    await advance(-7_200_000)
    expect(await store.delete(id)).toBeUndefined()
    const { fence, run } = await store.acquire(aRun({ id }), request())
    expect(fence).toBeGreaterThan(before)
    expect(run.createdAt * 1_000).toBeLessThan(before)
    await store.end(id, fence!, 'failed', '')
    const anew = await store.acquire(aRun({ id }), request({ anew: true }))
    expect(anew.fence).toBeGreaterThan(fence!)
    await store.close()
  })

  const HOUR = 3_600_000
  const given: Readonly<Record<string, (store: StateStore, run: NewRun) => Promise<unknown>>> = {
    created: (store, run) => store.acquire(run, request()),
    'taken again': async (store, run) => {
      const { fence } = await store.acquire(run, request())
      await store.release(run.id, fence!, 'waiting')
      await advance(2 * HOUR)
      return await store.acquire(run, request())
    },
    'begun anew': async (store, run) => {
      await ended(store, run)
      await advance(2 * HOUR)
      return await store.acquire(run, request({ anew: true }))
    },
    renewed: async (store, run) => {
      const { fence } = await store.acquire(run, request())
      await advance(2 * HOUR)
      return await store.renew(run.id, fence!, 60_000)
    },
  }
  test.each(Object.entries(given))('the lease of a run that was %s begins anew in the past', async (_, give) => {
    const store = storeOf(`own${++stores}_`)
    await store.open()
    for (const look of [
      (run: NewRun) => store.acquire(run, request()),
      ({ pipeline }: NewRun) => store.list({ pipeline }, 1),
    ]) {
      const run = aRun()
      await give(store, run)
      await advance(-HOUR)
      await look(run)
      const rest = (await store.get(run.id))!.leaseUntil - (await store.now())
      expect(rest).toBeGreaterThan(50_000)
      expect(rest).toBeLessThanOrEqual(60_000)
    }
    await store.close()
  })

  test('so do those of any number of runs', async () => {
    const store = storeOf(`own${++stores}_`)
    await store.open()
    await Promise.all(Array.from({ length: 2 * RUNS_AT_ONCE + 1 }, () => store.acquire(aRun(), request())))
    await advance(-HOUR)
    await store.list({}, 1)
    const { items } = await store.list({}, 1_000)
    const end = (await store.now()) + 60_000
    expect(items.filter(({ leaseUntil }) => leaseUntil <= end)).toHaveLength(2 * RUNS_AT_ONCE + 1)
    await store.close()
  })
})
