import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Driver } from '../../src/drivers/driver.ts'
import { historyIn } from '../../src/index.ts'
import type { ExecutionRow } from '../../src/schema/tables.ts'
import { libraries, shared } from '../support/databases.ts'
import { historyOf, type TestHistory } from '../support/history.ts'
import { attemptRow, insert, runRow, stepRow } from '../support/rows.ts'

const DAY = 86_400_000
const now = Date.now()
const ago = (days: number) => now - days * DAY

const run = (run_id: string, status: string, days: number, given: Partial<ExecutionRow> = {}): ExecutionRow => {
  const ended = /succeeded|failed|cancelled/.test(status)
  return runRow({
    run_id,
    status,
    started_at: ago(days) - 1,
    seen_at: ago(days),
    duration_ms: ended ? 1 : null,
    ...given,
  })
}
const partsOf = (runs: readonly ExecutionRow[], each = 3) => ({
  runs,
  steps: runs.flatMap(({ run_id }) => Array.from({ length: each }, (_, n) => stepRow({ run_id, path: `s${n}` }))),
  attempts: runs.flatMap(({ run_id }) => Array.from({ length: each }, (_, n) => attemptRow({ run_id, path: `s${n}` }))),
})

/** Ids of the runs that have rows, by table. */
async function left(driver: Driver): Promise<readonly string[]> {
  const tables = ['pipeline_executions', 'step_executions', 'step_attempts'].map(async (table) => {
    const { rows } = await driver.read({ sql: `SELECT DISTINCT run_id FROM ${table} ORDER BY run_id`, parameters: [] })
    return rows.map((row) => String(row['run_id'])).join(' ')
  })
  return [...new Set(await Promise.all(tables))]
}

describe.each(libraries)('with %s', (_, make) => {
  let at: TestHistory
  beforeEach(async () => {
    at = await historyOf(make)
  })
  afterEach(() => at.database.remove())

  it('forgets what is over for so long, and all that belongs to it', async () => {
    await insert(
      at.driver,
      partsOf([
        run('cancelled-9', 'cancelled', 9),
        run('failed-2', 'failed', 2),
        run('failed-9', 'failed', 9),
        run('interrupted-2', 'interrupted', 2),
        run('interrupted-9', 'interrupted', 9),
        run('lost-2', 'running', 2),
        run('lost-9', 'running', 9),
        run('lost-paused-9', 'paused', 9),
        run('paused-0', 'paused', 9, { seen_at: now }),
        run('running-0', 'running', 9, { seen_at: now }),
        run('succeeded-2', 'succeeded', 2),
        run('succeeded-9', 'succeeded', 9),
      ]),
    )
    expect(await at.history.purge({ endedBefore: '7d', statuses: [] })).toBe(0)
    expect(await at.history.purge({ endedBefore: '7d', statuses: ['succeeded', 'lost'] })).toBe(3)
    expect(await left(at.driver)).toEqual([
      'cancelled-9 failed-2 failed-9 interrupted-2 interrupted-9 lost-2 paused-0 running-0 succeeded-2',
    ])
    expect(await at.history.purge({ endedBefore: '7d' })).toBe(3)
    expect(await left(at.driver)).toEqual(['failed-2 interrupted-2 lost-2 paused-0 running-0 succeeded-2'])
    // One that may be alive is not lost, however little time is asked for.
    expect(await at.history.purge({ endedBefore: 0 })).toBe(4)
    expect(await left(at.driver)).toEqual(['paused-0 running-0'])
  })

  it('goes on until none is left, or as many as allowed are gone, in batches', async () => {
    const runs = Array.from({ length: 250 }, (__, n) => run(`r${n}`, n % 2 === 0 ? 'succeeded' : 'failed', 9))
    await insert(at.driver, partsOf(runs, 2))
    expect(await at.history.purge({ endedBefore: '7d', limit: 30 })).toBe(30)
    expect(await at.history.purge({ endedBefore: '7d', limit: 120 })).toBe(120)
    expect(await at.history.purge({ endedBefore: '7d' })).toBe(100)
    expect(await left(at.driver)).toEqual([''])
  })

  it('forgets runs of many steps little by little', async () => {
    await insert(
      at.driver,
      partsOf([run('a', 'succeeded', 9), run('b', 'failed', 9), run('big', 'succeeded', 9)], 1_100),
    )
    const statements = spied(at.driver)
    expect(await at.history.purge({ endedBefore: '7d', statuses: ['succeeded'] })).toBe(2)
    expect(await left(at.driver)).toEqual(['b'])
    expect(Math.max(...statements)).toBe(1_000)
  })

  it('leaves a run that begins anew meanwhile', async () => {
    await insert(at.driver, partsOf([run('a', 'succeeded', 9), run('b', 'succeeded', 9), run('c', 'succeeded', 9)]))
    const { driver } = at
    const begin = `UPDATE pipeline_executions SET status = 'running', ended_at = NULL, seen_at = ${now} WHERE run_id = 'b'`
    // Before the first rows go, but after the runs were looked for.
    const restore = before(driver, async (calls) => {
      if (calls === 1) await driver.write({ sql: begin, parameters: [] })
    })
    expect(await at.history.purge({ endedBefore: '7d' })).toBe(2)
    expect(await left(driver)).toEqual(['b'])
    expect((await at.history.steps('b')).items).toHaveLength(3)
    restore()
  })

  it('ends when it is told to, and leaves nothing half forgotten that is not found again', async () => {
    await insert(at.driver, partsOf(Array.from({ length: 250 }, (__, n) => run(`r${n}`, 'succeeded', 9))))
    const control = new AbortController()
    const reason = new Error('enough')
    const { driver } = at
    // Each batch is three statements.
    const restore = before(driver, (calls) => {
      if (calls === 4) control.abort(reason)
    })
    const purging = at.history.purge({ endedBefore: '7d', signal: control.signal })
    await expect(purging).rejects.toBe(reason)
    restore()
    expect(await at.history.purge({ endedBefore: '7d' })).toBe(150)
    expect(await left(driver)).toEqual([''])
    const already = at.history.purge({ endedBefore: '7d', signal: AbortSignal.abort(reason) })
    await expect(already).rejects.toBe(reason)
  })

  it('forgets one run, whatever it is doing', async () => {
    await insert(at.driver, partsOf([run('a', 'running', 0), run('b', 'running', 0)], 1_001))
    expect(await at.history.delete('a')).toBe(true)
    expect(await at.history.delete('a')).toBe(false)
    expect(await left(at.driver)).toEqual(['b'])
  })
})

/** Has something done before each transaction, until what it returns is called. */
function before(driver: Driver, act: (calls: number) => void | Promise<void>): () => void {
  const transact = driver.transact.bind(driver)
  let calls = 0
  driver.transact = async (work) => {
    await act(++calls)
    return await transact(work)
  }
  return () => {
    driver.transact = transact
  }
}

/** How many rows each statement of a transaction changes from now on. */
function spied(driver: Driver): number[] {
  const changes: number[] = []
  const transact = driver.transact.bind(driver)
  driver.transact = (work) =>
    transact(function* () {
      const steps = work()
      let step = steps.next()
      while (step.done !== true) {
        const answer = yield step.value
        changes.push(answer.changes)
        step = steps.next(answer)
      }
      return step.value
    })
  return changes
}

describe.each(shared)('with two of %s', (_, make) => {
  it('counts each run once when two processes do it', async () => {
    const { database, driver, history } = await historyOf(make)
    try {
      await insert(driver, partsOf(Array.from({ length: 300 }, (__, n) => run(`r${n}`, 'succeeded', 9))))
      const other = historyIn({ db: database.another() })
      const counts = await Promise.all([history, other].map((one) => one.purge({ endedBefore: '7d' })))
      expect(counts[0]! + counts[1]!).toBe(300)
      expect(await left(driver)).toEqual([''])
    } finally {
      await database.remove()
    }
  })
})
