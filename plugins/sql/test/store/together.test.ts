import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { sqlStore, type SqlStoreOptions } from '../../src/index.ts'
import { libraries, type TestDatabase } from '../support/databases.ts'
import { aRun, request, tell, unavailable, unfit } from './support.ts'

describe.each(libraries.filter(([name]) => name.includes('sqlite')))('changes of one turn, with %s', (_, make) => {
  let database: TestDatabase
  beforeEach(async () => {
    database = await make()
  })
  afterEach(() => database.remove())

  const opened = async (options: Partial<SqlStoreOptions> = {}) => {
    const store = sqlStore({ db: database.db, ...options })
    await store.open()
    return store
  }
  const entry = (key: string) => ({ key, value: '1', final: true })

  test('do not fail because of one that the database refuses', async () => {
    const store = await opened()
    const runs = [aRun(), aRun(), aRun()]
    const fences = await Promise.all(runs.map(async (run) => (await store.acquire(run, request())).fence!))
    await tell(
      database.db,
      `CREATE TRIGGER picky BEFORE INSERT ON durable_entries WHEN NEW.entry_key = 'bad'
      BEGIN SELECT RAISE(ABORT, 'not this one'); END`,
    )
    const keys = ['a', 'bad', 'b']
    const done = await Promise.allSettled(runs.map(({ id }, i) => store.commit(id, fences[i]!, [entry(keys[i]!)])))
    expect(done).toMatchObject([
      { status: 'fulfilled', value: true },
      { status: 'rejected', reason: unfit },
      { status: 'fulfilled', value: true },
    ])
    const kept = await Promise.all(runs.map(async ({ id }) => (await store.entries(id)).items.map(({ key }) => key)))
    expect(kept).toEqual([['a'], [], ['b']])
    await store.close()
  })

  test('wait for the lock of another process as long as the store says, and are not made later', async () => {
    const store = await opened({ timeout: 200 })
    const run = aRun()
    const { fence } = await store.acquire(run, request())
    const other = database.another() as { exec(sql: string): void }
    other.exec('BEGIN IMMEDIATE')
    const began = performance.now()
    const commits = ['a', 'b'].map((key) => store.commit(run.id, fence!, [entry(key)]))
    for (const commit of commits) await expect(commit).rejects.toMatchObject(unavailable)
    expect(performance.now() - began).toBeLessThan(2_000)
    other.exec('COMMIT')
    expect((await store.entries(run.id)).items).toEqual([])
    await store.close()
  })
})
