import { createPipe, pipeline } from '@pipe/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { driverOf } from '../../src/database.ts'
import { tracker } from '../../src/index.ts'
import { libraries, shared } from '../support/databases.ts'
import { historyOf as tablesOf, type TestHistory } from '../support/history.ts'
import { planOf, statementsOf } from '../support/plans.ts'
import { believableRows, insert } from '../support/rows.ts'
import { historyOf } from '../support/rows-of.ts'

const items = (list: readonly number[]) =>
  pipeline('items', (p) => p.map('each', { over: () => list, run: (item) => item }))

it.each(libraries)('an id that a run had is given to another: its steps are forgotten, with %s', async (_, make) => {
  const { db, remove } = await make()
  const pipe = createPipe({ plugins: [tracker({ db, endWait: '1m' })] })
  const run = (id: string, list: readonly number[]) => pipe.start(items(list), undefined, { id }).result
  await Promise.all(['a', 'b', 'c'].map((id) => run(id, [1, 2])))
  await Promise.all(['a', 'b', 'new'].map((id) => run(id, [3])))
  await pipe.close()
  const pathsOf = async (id: string) => Object.keys((await historyOf(db, id)).steps)
  for (const id of ['a', 'b', 'new']) expect(await pathsOf(id)).toEqual(['each', 'each[0]'])
  expect(await pathsOf('c')).toEqual(['each', 'each[0]', 'each[1]'])
  await remove()
})

it.each(libraries)('forgets what one did that has not been written yet, with %s', async (_, make) => {
  const { db, remove } = await make()
  const pipe = createPipe({ plugins: [tracker({ db, endWait: 0, every: '1h' })] })
  for (const list of [[1, 2], [3]]) await pipe.run(items(list), undefined, { id: 'a' })
  await pipe.close()
  const { runs, steps } = await historyOf(db)
  expect(runs).toHaveLength(1)
  expect(runs[0]).toMatchObject({ status: 'succeeded', executions: 1 })
  expect(Object.keys(steps)).toEqual(['each', 'each[0]'])
  await remove()
})

describe.each(shared)('among the runs of others, with %s', (library, make) => {
  let at: TestHistory
  beforeAll(async () => {
    at = await tablesOf(make)
    await insert(at.driver, believableRows(1_000, Date.now()))
  })
  afterAll(() => at.database.remove())

  const executeAs = async (id: string) => {
    const pipe = createPipe({ plugins: [tracker({ db: at.database.db, endWait: '1m' })] })
    await pipe.start(items([1]), undefined, { id }).result
    await pipe.close()
  }

  it('reads no table from one end to the other', async () => {
    await executeAs('mine')
    const statements = await statementsOf(at.driver, () => executeAs('mine'))
    const others = statements.filter(({ sql }) => /^(SELECT run_id|DELETE)/.test(sql))
    expect(others).toHaveLength(4)
    const plans = await Promise.all(others.map((statement) => planOf(at.driver, statement)))
    expect(plans.flatMap(({ scans }) => scans)).toEqual([])
  })

  it.skipIf(library === 'node:sqlite')('waits for no row of theirs', async () => {
    const other = driverOf(at.database.another(), 'a test')
    const sleep = { postgres: 'SELECT pg_sleep(2)', mysql: 'SELECT SLEEP(2)', sqlite: '' }[other.dialect]
    const told: string[] = []
    const locked = Promise.withResolvers<undefined>()
    const holding = other.transact(function* () {
      yield { sql: 'SELECT run_id FROM step_executions ORDER BY run_id, path LIMIT 1 FOR UPDATE', parameters: [] }
      locked.resolve(undefined)
      yield { sql: sleep, parameters: [] }
      told.push('lock released')
    })
    await locked.promise
    await executeAs('yours')
    told.push('run written')
    await holding
    expect(told).toEqual(['run written', 'lock released'])
  })
})
