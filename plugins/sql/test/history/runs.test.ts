import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type History, historyIn, type ListTrackedRuns, type TrackedRun } from '../../src/index.ts'
import type { ExecutionRow, StepRow } from '../../src/schema/tables.ts'
import { libraries } from '../support/databases.ts'
import { allOf, historyOf, type TestHistory } from '../support/history.ts'
import { statementsOf } from '../support/plans.ts'
import { believableRows, insert, runRow, stepRow } from '../support/rows.ts'

const now = Date.now()
// Nobody is at the limit between running and lost.
const runs = believableRows(1_000, now, { items: 0 }).runs.map((run, n) => ({
  ...run,
  ...(run.status === 'running' && {
    seen_at: now - (n % 2 === 0 ? 10_000 : 300_000),
    ...(n % 3 === 0 && { status: 'paused' }),
  }),
}))
const parent = runs.find((run) => run.parent_run_id !== null)!.parent_run_id!
const trace = runs.find((run) => run.trace_id !== null)!.trace_id!

const NO_STEPS = { running: 0, succeeded: 0, restored: 0, skipped: 0, failed: 0, cancelled: 0 }

const isLost = (run: ExecutionRow) => ['running', 'paused'].includes(run.status) && run.seen_at < Date.now() - 90_000
const statusOf = (run: ExecutionRow) => (isLost(run) ? 'lost' : run.status)
const tagsOf = (run: ExecutionRow) => JSON.parse(run.tags!) as Record<string, string>

/** A question, and what it means. Those that run are lost or not by a minute, so that the time of the test does not matter. */
const questions: readonly (readonly [ListTrackedRuns, (run: ExecutionRow) => boolean])[] = [
  [{}, () => true],
  [{ pipeline: 'orders' }, (run) => run.pipeline === 'orders'],
  [{ statuses: ['failed'] }, (run) => run.status === 'failed'],
  [{ statuses: ['lost'] }, (run) => statusOf(run) === 'lost'],
  [{ statuses: ['running'] }, (run) => statusOf(run) === 'running'],
  [{ statuses: ['paused'] }, (run) => statusOf(run) === 'paused'],
  [{ statuses: ['succeeded', 'lost', 'lost'] }, (run) => ['succeeded', 'lost'].includes(statusOf(run))],
  [{ statuses: [] }, () => false],
  [
    { pipeline: 'mails', statuses: ['failed', 'cancelled'] },
    (run) => run.pipeline === 'mails' && /failed|cancelled/.test(run.status),
  ],
  [
    { since: now - 500_000, until: now - 100_000 },
    (run) => run.started_at >= now - 500_000 && run.started_at < now - 100_000,
  ],
  [{ tags: { tenant: 't1' } }, (run) => tagsOf(run)['tenant'] === 't1'],
  [{ tags: { tenant: 't2', region: 'us' } }, () => false],
  [{ parent }, (run) => run.parent_run_id === parent],
  [{ trace }, (run) => run.trace_id === trace],
  [{ errorName: 'TypeError' }, (run) => run.error_name === 'TypeError'],
  [{ errorCode: 'TIMEOUT' }, (run) => run.error_code === 'TIMEOUT'],
]

describe.each(libraries)('with %s', (_, make) => {
  let at: TestHistory
  const ids = async (query: ListTrackedRuns) =>
    (await allOf((after) => at.history.runs({ ...query, ...(after !== undefined && { after }) }))).map(({ id }) => id)
  beforeAll(async () => {
    at = await historyOf(make)
    await insert(at.driver, { runs })
  })
  afterAll(() => at.database.remove())

  it.each(questions)('answers %o, page by page', async (query, holds) => {
    const wanted = runs.filter(holds).sort((a, b) => b.started_at - a.started_at)
    expect(await ids({ ...query, limit: 1_000 })).toEqual(wanted.map((run) => run.run_id))
    const few = wanted.length > 50 ? 37 : 2
    expect(await ids({ ...query, limit: few })).toEqual(wanted.map((run) => run.run_id))
  })

  it('asks something in every question', () => {
    expect(questions.filter(([, holds]) => runs.some(holds)).length).toBe(questions.length - 2)
  })

  it('shows the status that it is asked for', async () => {
    const { items } = await at.history.runs({ limit: 1_000 })
    const shown = new Map(items.map(({ id, status }) => [id, status]))
    for (const run of runs) expect(shown.get(run.run_id)).toBe(statusOf(run))
    expect(new Set(shown.values())).toContain('lost')
  })

  it('moves nothing between pages while runs start', async () => {
    const { items, next } = await at.history.runs({ pipeline: 'orders', limit: 5 })
    await insert(at.driver, { runs: [runRow({ run_id: 'new', pipeline: 'orders', started_at: now + 1 })] })
    const second = await at.history.runs({ pipeline: 'orders', limit: 5, after: next! })
    const before = runs.filter((run) => run.pipeline === 'orders').sort((a, b) => b.started_at - a.started_at)
    expect([...items, ...second.items].map(({ id }) => id)).toEqual(before.slice(0, 10).map((run) => run.run_id))
    expect(await at.history.delete('new')).toBe(true)
  })

  it('tells apart runs that started at the same time', async () => {
    const many = Array.from({ length: 7 }, (__, n) =>
      runRow({ run_id: `same-${n}`, pipeline: 'same', started_at: 0.001 }),
    )
    await insert(at.driver, { runs: many })
    expect(await ids({ pipeline: 'same', limit: 2 })).toEqual(many.map((run) => run.run_id).reverse())
  })

  it('finds tags whatever they hold', async () => {
    const strange = [{ 'a"k': 'v' }, { k: 'v' }, { ':': ',' }, { 'x,': ':', b: 'ü\\"' }, { K: 'V' }]
    await insert(at.driver, {
      runs: strange.map((tags, n) => runRow({ run_id: `tags-${n}`, pipeline: 'tags', tags: JSON.stringify(tags) })),
    })
    for (const [n, tags] of strange.entries())
      expect(await ids({ pipeline: 'tags', tags: tags })).toEqual([`tags-${n}`])
  })

  it('counts the steps of runs that go on, or are lost, until now', async () => {
    const open = { pipeline: 'open', status: 'running', duration_ms: null, seen_at: now, execution: 'e2' }
    const run = (run_id: string, given: Partial<ExecutionRow>) => runRow({ run_id, ...open, ...given })
    const step = (run_id: string, path: string, given: Partial<StepRow> = {}) =>
      stepRow({ run_id, path, execution: 'e2', ...given })
    await insert(at.driver, {
      runs: [
        run('goes-on', { started_at: 4 }),
        run('lost', { started_at: 3, seen_at: now - 300_000, status: 'paused' }),
        run('begins', { started_at: 2 }),
        run('was-handed-back', { started_at: 1, status: 'interrupted', steps_succeeded: 7 }),
      ],
      steps: [
        step('goes-on', 'read'),
        step('goes-on', 'each', { status: 'running' }),
        // An item is no step; what is inside of it is one.
        step('goes-on', 'each[1]'),
        step('goes-on', 'each[1]/send'),
        step('goes-on', 'each[2]/send', { status: 'failed' }),
        step('goes-on', 'gift', { status: 'skipped' }),
        step('goes-on', 'late', { status: 'cancelled' }),
        // What an earlier execution did is restored, or is done again.
        step('lost', 'read', { execution: 'e1' }),
        step('lost', 'cached', { execution: 'e1', status: 'restored' }),
        step('lost', 'send', { execution: 'e1', status: 'failed' }),
        step('lost', 'bill', { execution: 'e1', status: 'running' }),
        step('lost', 'check', { status: 'running' }),
        step('was-handed-back', 'read'),
      ],
    })
    const counts = [
      ['goes-on', { running: 1, succeeded: 2, restored: 0, skipped: 1, failed: 1, cancelled: 1 }],
      ['lost', { ...NO_STEPS, running: 1, restored: 2 }],
      ['begins', NO_STEPS],
      ['was-handed-back', { ...NO_STEPS, succeeded: 7 }],
    ] as const
    let found: readonly TrackedRun[] = []
    const asked = await statementsOf(at.driver, async () => {
      found = (await at.history.runs({ pipeline: 'open' })).items
    })
    expect(found.map(({ id, steps }) => [id, steps])).toEqual(counts)
    expect(asked).toHaveLength(2)
    for (const [id, steps] of counts) expect((await at.history.run(id))?.steps).toEqual(steps)
  })

  it('takes those as lost whose process has said nothing for as long as it is told', async () => {
    const seen = (ago: number) =>
      runRow({ run_id: `seen-${ago}`, pipeline: 'seen', status: 'running', duration_ms: null, seen_at: now - ago })
    const [minutes, hours] = [600_000, 36_000_000]
    await insert(at.driver, { runs: [seen(minutes), seen(hours)] })
    const history = historyIn({ db: at.database.db, lostAfter: '1h' })
    const statusesOf = async (of: History) =>
      (await of.runs({ pipeline: 'seen' })).items.map(({ id, status }) => [id, status])
    expect(await statusesOf(at.history)).toEqual([
      [`seen-${minutes}`, 'lost'],
      [`seen-${hours}`, 'lost'],
    ])
    expect(await statusesOf(history)).toEqual([
      [`seen-${minutes}`, 'running'],
      [`seen-${hours}`, 'lost'],
    ])
    expect((await history.runs({ pipeline: 'seen', statuses: ['lost'] })).items).toHaveLength(1)
    expect((await history.statistics({ pipeline: 'seen' }))[0]!.statuses).toMatchObject({ running: 1, lost: 1 })
    expect(await history.run(`seen-${minutes}`)).toMatchObject({ status: 'running' })
    expect(await history.timeline(`seen-${minutes}`)).toMatchObject({ status: 'running' })
    await history.purge({ endedBefore: 1, statuses: ['lost'] })
    expect(await statusesOf(history)).toEqual([[`seen-${minutes}`, 'running']])
  })

  it('gives what a step threw as the error of a run, which is what is looked for', async () => {
    const thrown = { name: 'FetchError', message: 'no', code: 'E', stack: 'at' }
    const stepFailed = (cause?: unknown) => ({
      name: 'PipelineError',
      message: 'Step failed',
      code: 'STEP_FAILED',
      cause,
    })
    const run = (run_id: string, error: unknown, given: Partial<ExecutionRow> = {}) =>
      runRow({
        ...{ run_id, pipeline: 'thrown', status: 'failed', error: JSON.stringify(error) },
        ...{ error_name: 'FetchError', error_code: 'E', error_message: 'no', ...given },
      })
    const cancelled = {
      name: 'PipelineError',
      message: 'enough',
      code: 'CANCELLED',
      cause: { name: 'E', message: 'm' },
    }
    await insert(at.driver, {
      runs: [
        run('in-a-step', stepFailed(thrown)),
        run('in-a-call', stepFailed(stepFailed(thrown))),
        run('cut-off', stepFailed(stepFailed('[...]')), { error_code: null }),
        run('without-cause', stepFailed(), { error_name: 'PipelineError', error_code: 'STEP_FAILED' }),
        run('cancelled', cancelled, { status: 'cancelled', error_name: 'PipelineError', error_code: 'CANCELLED' }),
      ],
    })
    const errors = new Map((await at.history.runs({ pipeline: 'thrown' })).items.map(({ id, error }) => [id, error]))
    expect(Object.fromEntries(errors)).toEqual({
      'in-a-step': thrown,
      'in-a-call': thrown,
      'cut-off': { name: 'FetchError', message: 'no' },
      'without-cause': stepFailed(),
      cancelled,
    })
    const found = await at.history.runs({ pipeline: 'thrown', errorName: 'FetchError' })
    expect(found.items.map(({ error }) => error?.name)).toEqual(['FetchError', 'FetchError', 'FetchError'])
  })

  it('gives all that is known of a run', async () => {
    const error = { name: 'FetchError', message: 'no', code: 'E', stack: 'at', status: 503 }
    await insert(at.driver, {
      runs: [
        runRow({
          run_id: 'all',
          version: '2',
          status: 'failed',
          executions: 2,
          parent_run_id: 'above',
          parent_path: 'bill',
          trace_id: 't',
          started_at: 1_763_749_370_123.457,
          resumed_at: 1_763_749_370_200,
          seen_at: 1_763_749_370_300,
          duration_ms: 1.5,
          steps_failed: 1,
          steps_restored: 2,
          error_path: 'bill/charge',
          error_name: 'FetchError',
          error_code: 'E',
          error_message: 'no',
          error: JSON.stringify(error),
          input: 'null',
          output: '{"cut',
          tags: '{"a":"b"}',
        }),
        runRow({ run_id: 'little', duration_ms: null, status: 'interrupted', error: '{', error_name: 'E', tags: '[]' }),
      ],
    })
    expect(await at.history.run('all')).toEqual({
      id: 'all',
      pipeline: 'orders',
      version: '2',
      status: 'failed',
      tags: { a: 'b' },
      worker: 'host:1',
      executions: 2,
      parent: { run: 'above', path: 'bill' },
      trace: 't',
      startedAt: 1_763_749_370_123.457,
      resumedAt: 1_763_749_370_200,
      seenAt: 1_763_749_370_300,
      endedAt: 1_763_749_370_124.957,
      durationMs: 1.5,
      steps: { ...NO_STEPS, restored: 2, failed: 1 },
      error,
      errorPath: 'bill/charge',
      input: null,
      unreadable: { output: '{"cut' },
    })
    expect(await at.history.run('little')).toEqual({
      id: 'little',
      pipeline: 'orders',
      status: 'interrupted',
      tags: {},
      worker: 'host:1',
      executions: 1,
      startedAt: 0,
      resumedAt: 0,
      seenAt: 0,
      steps: NO_STEPS,
      error: { name: 'E', message: '' },
      unreadable: { error: '{', tags: '[]' },
    })
    expect(await at.history.run('unknown')).toBeUndefined()
  })
})
