import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type History, historyIn, migrate } from '../../src/index.ts'
import { driverOf } from '../../src/database.ts'
import { libraries, type TestDatabase } from '../support/databases.ts'
import { insert, runRow } from '../support/rows.ts'

/** Every question there is. */
const questions: Readonly<Record<keyof History, (history: History) => Promise<unknown>>> = {
  run: (history) => history.run('r'),
  runs: (history) => history.runs({ statuses: ['failed', 'lost'], tags: { a: 'b' } }),
  steps: (history) => history.steps('r'),
  attempts: (history) => history.attempts('r'),
  statistics: (history) => history.statistics(),
  stepStatistics: (history) => history.stepStatistics(),
  slowest: (history) => history.slowest(),
  failures: (history) => history.failures(),
  compare: (history) => history.compare('r', 's'),
  timeline: (history) => history.timeline('r'),
  purge: (history) => history.purge({ endedBefore: '1d' }),
  delete: (history) => history.delete('r'),
}

describe.each(libraries)('with %s', (_, make) => {
  let database: TestDatabase
  beforeAll(async () => {
    database = await make()
    const { db } = database
    await migrate({ db, prefix: 'app_' })
    await insert(driverOf(db, 'a test'), { runs: [runRow({ run_id: 'r', started_at: 1 })] }, 'app_')
  })
  afterAll(() => database.remove())

  it.each(Object.entries(questions))('says so when there are no tables: %s', async (__, ask) => {
    await expect(ask(historyIn({ db: database.db }))).rejects.toMatchObject({
      code: 'TABLES_MISSING',
      message: expect.stringContaining('does not have the tables') as string,
    })
  })

  it('asks the tables with its prefix', async () => {
    const history = historyIn({ db: database.db, prefix: 'app_' })
    for (const [name, ask] of Object.entries(questions)) if (name !== 'purge' && name !== 'delete') await ask(history)
    expect((await history.run('r'))?.id).toBe('r')
    expect(await history.statistics()).toHaveLength(1)
    expect(await history.purge({ endedBefore: '1d' })).toBe(1)
  })
})

it('gives what the client rejected with as the cause of what fails', async () => {
  const cause = new Error('connection refused')
  const reject = () => Promise.reject(cause)
  const history = historyIn({ db: { waitReady: Promise.resolve(), query: reject, transaction: reject } })
  for (const ask of Object.values(questions))
    await expect(ask(history)).rejects.toMatchObject({ code: 'DATABASE_FAILED', cause })
})

const never = () => Promise.reject(new Error('It was asked.'))
const database = { waitReady: Promise.resolve(), query: never, transaction: never }
const unasked = historyIn({ db: database })

it.each<readonly [string, (history: History) => Promise<unknown>]>([
  ['`id` of run() of the history must be a non-empty string without NUL', (history) => history.run('')],
  ['`id` of run()', (history) => history.run('a\0b')],
  ['`id` of delete()', (history) => history.delete(undefined as never)],
  ['`id` of timeline()', (history) => history.timeline(7 as never)],
  ['`run` of steps()', (history) => history.steps('')],
  ['`run` of attempts()', (history) => history.attempts('')],
  ['`base` of compare()', (history) => history.compare('', 'b')],
  ['`other` of compare()', (history) => history.compare('a', '')],
  ['`pipeline` of runs()', (history) => history.runs({ pipeline: '' })],
  [
    "`statuses` of runs() of the history must be an array of 'running', 'paused', 'interrupted', 'lost', 'succeeded'",
    (history) => history.runs({ statuses: ['done' as never] }),
  ],
  [
    '`since` of runs() of the history must be epoch ms, such as Date.now() - 3_600_000',
    (history) => history.runs({ since: new Date() as never }),
  ],
  ['`until` of statistics()', (history) => history.statistics({ until: NaN })],
  [
    '`tags` of runs() of the history must be an object of strings',
    (history) => history.runs({ tags: { a: 1 as never } }),
  ],
  ['`limit` of runs() of the history must be a whole number from 1 to 1,000', (history) => history.runs({ limit: 0 })],
  ['`limit` of steps()', (history) => history.steps('r', { limit: 1_001 })],
  [
    '`limit` of timeline() of the history must be a whole number from 1 to 10,000',
    (history) => history.timeline('r', { limit: 1e5 }),
  ],
  ['`items` of steps() of the history must be true or false', (history) => history.steps('r', { items: 1 as never })],
  [
    '`after` of runs() of the history must be the `next` of a page of runs()',
    (history) => history.runs({ after: 'x' }),
  ],
  ['`after` of runs()', (history) => history.runs({ after: '1.2.3/r' })],
  ['`after` of steps()', (history) => history.steps('r', { after: '/' })],
  ['`after` of steps()', (history) => history.steps('r', { after: 'Infinity/p' })],
  ['`after` of attempts()', (history) => history.attempts('r', { after: 'x/p' })],
  [
    "`orderBy` of stepStatistics() of the history must be one of 'step', 'executed', 'failed', 'failureRate'",
    (history) => history.stepStatistics({ orderBy: 'name' as never }),
  ],
  ['`limit` of stepStatistics()', (history) => history.stepStatistics({ limit: 0 })],
  ['`leaves` of slowest() of the history must be true or false', (history) => history.slowest({ leaves: 1 as never })],
  ['`attempts` of failures()', (history) => history.failures({ attempts: 2 as never })],
  ['`step` of slowest()', (history) => history.slowest({ step: '' })],
  ['`statuses` of purge()', (history) => history.purge({ endedBefore: '1d', statuses: ['running' as never] })],
  [
    "`endedBefore` of purge() of the history must be milliseconds from 0 up, or a string such as '30d'; got undefined",
    (history) => history.purge({} as never),
  ],
  ['`endedBefore` of purge()', (history) => history.purge({ endedBefore: '1 day' as never })],
  ['`endedBefore` of purge()', (history) => history.purge({ endedBefore: Infinity })],
  [
    '`signal` of purge() of the history must be an AbortSignal',
    (history) => history.purge({ endedBefore: 1, signal: {} as never }),
  ],
  ['`options` of purge() of the history must be an object', (history) => history.purge(undefined as never)],
  ['`order` of runs() of the history must be left out', (history) => history.runs({ order: 'asc' } as never)],
])('refuses: %s', async (message, ask) => {
  await expect(ask(unasked)).rejects.toMatchObject({
    code: 'OPTION_INVALID',
    message: expect.stringContaining(message) as string,
  })
})

it('refuses what it cannot work with', () => {
  expect(() => historyIn({ db: 'postgres://' as never })).toThrow('`db` of historyIn() must be a Pool of pg')
  expect(() => historyIn({ db: {} as never, prefix: 'Ü' })).toThrow('`prefix` of historyIn() must be empty')
  for (const lostAfter of [999, '0s', NaN, null])
    expect(() => historyIn({ db: database, lostAfter: lostAfter as never })).toThrow(
      "`lostAfter` of historyIn() must be a duration of a second or more, such as '30s'",
    )
  expect(() => historyIn({} as never)).toThrow('`db` of historyIn()')
})
