import type { RunFilter } from '@pipe/state'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Statement } from '../../src/drivers/driver.ts'
import { sqlStore } from '../../src/index.ts'
import { languageOf, template } from '../../src/store/language.ts'
import { pagesOf } from '../../src/store/pages.ts'
import { endedSql, statementsOf, tablesOf } from '../../src/store/statements.ts'
import { storeDatabaseOf } from '../../src/store/store-database.ts'
import { libraries, type TestDatabase } from '../support/databases.ts'
import { aRun, driverFor, request, tell } from './support.ts'

const RUNS = 6_000

describe.each(libraries)('with %s', (_, make) => {
  let database: TestDatabase
  const dialect = () => driverFor(database.db).dialect
  beforeAll(async () => {
    database = await make()
    const store = sqlStore({ db: database.db, prefix: 'many_' })
    await store.open()
    await store.close()
    // Most have ended, as in any store that is some weeks old.
    const numbers = 'WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)'
    const status = `CASE WHEN n.i % 100 = 0 THEN 'running' WHEN n.i % 100 = 1 THEN 'waiting' ELSE 'succeeded' END`
    for (let from = 0; from < RUNS; from += 1_000) {
      const text = dialect() === 'mysql' ? 'CHAR' : 'TEXT'
      await tell(
        database.db,
        `INSERT INTO many_durable_runs (id, born, pipeline, status, command, owner, fence, lease_until, leased_at, crashes, created_at, updated_at, ended_at)
         ${numbers} SELECT CAST(n.i + ${from} AS ${text}), 1, CASE WHEN n.i % 3 = 0 THEN 'rare' ELSE 'often' END, ${status}, 'run', 'me', 1,
         CASE WHEN n.i % 200 = 0 THEN 1 WHEN n.i % 100 = 0 THEN 9e12 ELSE 0 END, 1, 0, 1000000 + n.i + ${from}, 0,
         CASE WHEN ${status} = 'succeeded' THEN 2000000 + n.i END FROM n`,
      )
    }
    await tell(database.db, dialect() === 'mysql' ? 'ANALYZE TABLE many_durable_runs' : 'ANALYZE')
  })
  afterAll(() => database.remove())

  /** How the database goes about a statement, line by line. */
  const planOf = async ({ sql, parameters }: Statement): Promise<string[]> => {
    const explain = dialect() === 'sqlite' ? 'EXPLAIN QUERY PLAN' : 'EXPLAIN'
    const { rows } = await driverFor(database.db).read({ sql: `${explain} ${sql}`, parameters })
    return rows.map((row) => Object.values(row).join(' '))
  }
  /** Whether a line is about reading all runs there are. */
  const readsAll = (line: string) =>
    /Seq Scan on many_durable_runs|SCAN many_durable_runs(?! USING (COVERING )?INDEX)/.test(line) ||
    / many_durable_runs (ALL|index) /.test(line)

  test.each<RunFilter>([
    {},
    { states: ['running', 'stalled'] },
    { states: ['stalled'] },
    { states: ['succeeded'] },
    { pipeline: 'rare' },
    { pipeline: 'rare', states: ['stalled'] },
    { pipeline: 'rare', states: ['running', 'succeeded'], since: 1_001_000, until: 1_003_000 },
  ])('no list looks at all runs: %o', async (filter) => {
    const asked: Statement[] = []
    const real = storeDatabaseOf(driverFor(database.db), 10_000)
    const read = (statement: Statement) => {
      asked.push(statement)
      return real.read(statement)
    }
    const pages = pagesOf({ ...real, read }, languageOf(dialect()), tablesOf('many_'))
    const first = await pages.list(filter, 20)
    if (first.next !== undefined) await pages.list(filter, 20, first.next)
    expect(first.items.length).toBeGreaterThan(0)
    for (const statement of asked) expect((await planOf(statement)).filter(readsAll)).toEqual([])
  })

  test('nor does a purge', async () => {
    const sql = endedSql(['succeeded', 'failed'], tablesOf('many_'), 100)
    const plan = await planOf(template(languageOf(dialect()), sql)(2_000_500, 2_000_500))
    expect(plan.filter(readsAll)).toEqual([])
  })

  test('leases of the future are looked for by when they were given', async () => {
    const { early } = statementsOf(languageOf(dialect()), tablesOf('many_'))
    const plan = await planOf(early())
    expect(plan.filter(readsAll)).toEqual([])
    expect(plan.join('\n')).toContain('many_durable_runs_by_status_leased_at')
  })

  test('pages of large values are short, and none is left out', async () => {
    const store = sqlStore({ db: database.db, prefix: 'large_' })
    await store.open()
    const large = 'x'.repeat(1_500_000)
    const run = aRun()
    const { fence } = await store.acquire(run, request())
    for (const key of ['a', 'b', 'c', 'd', 'e'])
      await store.commit(run.id, fence!, [{ key, value: large, final: true }])
    const first = await store.entries(run.id)
    expect(first.items.map(({ key }) => key)).toEqual(['a', 'b', 'c'])
    const second = await store.entries(run.id, first.next)
    expect([second.items.map(({ key }) => key), second.next]).toEqual([['d', 'e'], undefined])

    for (let i = 0; i < 3; i++) {
      const one = aRun({ pipeline: 'large', data: large })
      const { fence } = await store.acquire(one, request())
      await store.end(one.id, fence!, 'succeeded', large)
    }
    const listed = await store.list({ pipeline: 'large' }, 10)
    expect(listed.items).toHaveLength(2)
    expect((await store.list({ pipeline: 'large' }, 10, listed.next)).items).toHaveLength(1)
    await store.close()
  })

  test.each(['nonsense', '12', '1e9/x', 'after'])('a page that nobody has told of is refused: %s', async (after) => {
    const store = sqlStore({ db: database.db, prefix: 'many_' })
    await store.open()
    const refused = { code: 'OPTION_INVALID', message: expect.stringContaining('`after`') as string }
    await expect(store.list({}, 10, after)).rejects.toMatchObject(refused)
    await expect(store.entries('a', after)).rejects.toMatchObject(refused)
    await store.close()
  })
})
