import type { StateStore } from '@pipe/state'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sqlStore } from '../../src/index.ts'
import { REMOVED_AT_ONCE } from '../../src/store/statements.ts'
import { cutOff } from '../support/cut-off.ts'
import { libraries, type TestDatabase } from '../support/databases.ts'
import { aRun, ended, request, select } from './support.ts'

describe.each(libraries)('with %s', (library, make) => {
  let database: TestDatabase
  let prefixes = 0
  beforeAll(async () => {
    database = await make()
  })
  afterAll(() => database.remove())

  const opened = async (db = database.db, prefix = `own${++prefixes}_`): Promise<[StateStore, string]> => {
    const store = sqlStore({ db, prefix })
    await store.open()
    return [store, prefix]
  }
  const countIn = async (table: string) => {
    const [row] = await select(database.db, `SELECT COUNT(*) AS rows_there FROM ${table}`)
    return Number(row!['rows_there'])
  }
  /** A run with more entries than are deleted at once. */
  const large = async (store: StateStore) => {
    const run = aRun()
    const { fence } = await store.acquire(run, request())
    const entries = Array.from({ length: 2 * REMOVED_AT_ONCE + 50 }, (_, i) => ({
      key: `k${i}`,
      value: '',
      final: true,
    }))
    await store.commit(run.id, fence!, entries)
    await store.end(run.id, fence!, 'succeeded', '')
    return run
  }

  test('a run that is deleted leaves nothing behind', async () => {
    const [store, prefix] = await opened()
    const [run, other] = [await large(store), await large(store)]
    expect(await store.delete(run.id)).toBeUndefined()
    expect(await countIn(`${prefix}durable_trash`)).toBe(0)
    expect(await countIn(`${prefix}durable_entries`)).toBe(2 * REMOVED_AT_ONCE + 51)
    expect((await store.entries(other.id)).items).toHaveLength(2 * REMOVED_AT_ONCE + 50)
    await store.close()
  })

  test('a run that begins anew is taken at once, and what it had is removed meanwhile', async () => {
    const [store, prefix] = await opened()
    const run = await large(store)
    await store.acquire(run, request({ anew: true }))
    expect((await store.entries(run.id)).items).toEqual([])
    await store.close()
    const [again] = await opened(database.db, prefix)
    await again.purge(['failed'], 0, 1)
    expect(await countIn(`${prefix}durable_entries`)).toBe(1)
    expect(await countIn(`${prefix}durable_trash`)).toBe(0)
    await again.close()
  })

  test('what is left when the database went away is removed by the next purge', async () => {
    const [store, prefix] = await opened()
    const run = await large(store)
    const { db, after } = cutOff(library, database.db)
    const [cut] = await opened(db, prefix)
    // The transaction that forgets the run, and the beginning of what is to be removed.
    after(10)
    await cut.delete(run.id).catch(() => undefined)
    await cut.close()
    await store.delete(run.id)
    expect(await store.get(run.id)).toBeUndefined()
    await store.purge(['failed'], 0, 1)
    expect(await countIn(`${prefix}durable_entries`)).toBe(0)
    expect(await countIn(`${prefix}durable_trash`)).toBe(0)
    await store.close()
  })

  test('more runs than are forgotten at once are forgotten, those first that ended first, and no more than were asked for', async () => {
    const [store, prefix] = await opened()
    for (let i = 0; i < 130; i++) await ended(store, { pipeline: i < 5 ? 'first' : 'others' })
    const soon = (await store.now()) + 1_000
    expect(await store.purge(['succeeded'], soon, 120)).toBe(120)
    const left = await store.list({}, 1_000)
    expect(left.items.map(({ pipeline }) => pipeline)).toEqual(Array.from({ length: 10 }, () => 'others'))
    expect(await store.purge(['succeeded', 'failed', 'succeeded'], soon, 1_000_000)).toBe(10)
    expect(await countIn(`${prefix}durable_entries`)).toBe(0)
    await store.close()
  })
})
