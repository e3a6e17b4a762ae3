import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { History } from '../../src/index.ts'
import type { ExecutionRow } from '../../src/schema/tables.ts'
import { statementsOf } from '../../src/tracker/statements.ts'
import { shared } from '../support/databases.ts'
import { historyOf, type TestHistory } from '../support/history.ts'
import { planOf, statementsOf as statementsAskedOf } from '../support/plans.ts'
import { believableRows, insert } from '../support/rows.ts'

const now = Date.now()
/** Some 20,000 steps. */
const { runs, ...others } = believableRows(2_200, now)
/** Runs of which there are few: to look at all of a table for some of it would be no mistake. */
const rare = (run: ExecutionRow, n: number) => (n % 200 === 0 ? { ...run, pipeline: 'rare' } : run)
const rows = { runs: runs.map(rare), ...others }
const [, some] = rows.runs
const id = some!.run_id
const moment = { since: now - 10_000 }
const open = rows.runs.find((run) => run.status === 'running')!
const child = rows.runs.find((run) => run.parent_run_id !== null)!

/** What is asked, and what of an index is in the plan of one of its statements, by its columns. */
const questions: readonly (readonly [string, (history: History) => Promise<unknown>, RegExp])[] = [
  ['run', (history) => history.run(id), /pkey|PRIMARY|autoindex/],
  ['runs', (history) => history.runs({ limit: 10 }), /by_started_at_run_id/],
  ['runs of a pipeline', (history) => history.runs({ pipeline: 'rare' }), /by_pipeline_started_at_run_id/],
  ['runs that failed', (history) => history.runs({ statuses: ['failed', 'cancelled'] }), /by_status_started_at_run_id/],
  ['lost runs', (history) => history.runs({ statuses: ['lost'] }), /by_status|by_worker/],
  ['a run that goes on', (history) => history.run(open.run_id), /step_executions.*(by_run_id|pkey|PRIMARY|autoindex)/],
  [
    'runs of a pipeline that failed',
    (history) => history.runs({ pipeline: 'orders', statuses: ['failed'] }),
    /by_(pipeline_)?status_started_at_run_id/,
  ],
  ['runs of a time', (history) => history.runs({ since: now - 90_000, until: now - 60_000 }), /by_started_at_run_id/],
  ['runs that a run started', (history) => history.runs({ parent: child.parent_run_id! }), /by_parent_run_id/],
  ['runs of a trace', (history) => history.runs({ trace: 'trace-7' }), /by_trace_id/],
  ['runs with an error', (history) => history.runs({ errorName: 'TypeError' }), /by_status_started_at_run_id/],
  ['runs with tags', (history) => history.runs({ tags: { tenant: 't1' }, limit: 10 }), /by_started_at_run_id/],
  ['steps', (history) => history.steps(id), /by_run_id_started_at_path|pkey|PRIMARY|autoindex/],
  [
    'steps of the outermost',
    (history) => history.steps(id, { items: false }),
    /by_run_id_started_at_path|pkey|PRIMARY|autoindex/,
  ],
  [
    'steps inside of another',
    (history) => history.steps(id, { within: 'send' }),
    /by_run_id_started_at_path|pkey|PRIMARY|autoindex/,
  ],
  ['attempts', (history) => history.attempts(id), /pkey|PRIMARY|autoindex/],
  ['attempts of a step', (history) => history.attempts(id, { path: 'read' }), /pkey|PRIMARY|autoindex/],
  ['statistics', (history) => history.statistics({ pipeline: 'orders', ...moment }), /by_pipeline_started_at_run_id/],
  ['statistics of all', (history) => history.statistics(moment), /started_at_run_id/],
  [
    'statistics of steps',
    (history) => history.stepStatistics({ pipeline: 'orders', ...moment }),
    /by_pipeline_started_at_run_id/,
  ],
  [
    'statistics of the steps that fail most',
    (history) => history.stepStatistics({ pipeline: 'orders', ...moment, orderBy: 'failureRate', limit: 3 }),
    /by_pipeline_started_at_run_id/,
  ],
  ['statistics of all steps', (history) => history.stepStatistics(moment), /started_at_run_id/],
  ['slowest', (history) => history.slowest({ pipeline: 'orders', ...moment }), /by_pipeline_started_at_run_id/],
  [
    'slowest of all steps',
    (history) => history.slowest({ pipeline: 'orders', ...moment, leaves: false }),
    /by_pipeline_started_at_run_id/,
  ],
  ['failures', (history) => history.failures(moment), /step_executions_by_status_started_at/],
  ['all failures', (history) => history.failures(), /step_executions_by_status_started_at/],
  [
    'failures of attempts',
    (history) => history.failures({ attempts: true, ...moment }),
    /step_attempts_by_status_started_at/,
  ],
  ['compare', (history) => history.compare(id, child.run_id), /pkey|PRIMARY|autoindex/],
  ['timeline', (history) => history.timeline(id), /by_run_id_started_at_path|pkey|PRIMARY|autoindex/],
  ['purge', (history) => history.purge({ endedBefore: '36m', limit: 3 }), /by_status_(started_at_run_id|ended_at)/],
  ['delete', (history) => history.delete(some!.run_id), /pkey|PRIMARY|autoindex/],
]

describe.each(shared)('with %s', (_, make) => {
  let at: TestHistory
  beforeAll(async () => {
    at = await historyOf(make)
    await insert(at.driver, rows)
    const tables = 'pipeline_executions, step_executions, step_attempts'
    const analyze = { sqlite: 'ANALYZE', postgres: 'ANALYZE', mysql: `ANALYZE TABLE ${tables}` }[at.driver.dialect]
    await at.driver.read({ sql: analyze, parameters: [] })
  })
  afterAll(() => at.database.remove())

  it('looks for the runs of a worker that is alive by an index', async () => {
    const { beat } = statementsOf(at.driver.dialect, '')
    const plan = await planOf(at.driver, beat('somebody', now))
    expect(plan.scans).toEqual([])
    expect(plan.lines.join('\n')).toMatch(/by_worker/)
  })

  it.each(questions)('reads no table from one end to the other: %s', async (__, ask, index) => {
    const statements = await statementsAskedOf(at.driver, () => ask(at.history))
    const plans = await Promise.all(statements.map((statement) => planOf(at.driver, statement)))
    expect(plans.flatMap(({ scans }) => scans)).toEqual([])
    expect(plans.flatMap(({ lines }) => lines).join('\n')).toMatch(index)
  })
})

it('is about enough rows', () => {
  expect(rows.steps.length).toBeGreaterThan(19_000)
})
