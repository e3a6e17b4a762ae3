import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ListTrackedSteps } from '../../src/index.ts'
import type { StepRow } from '../../src/schema/tables.ts'
import { libraries } from '../support/databases.ts'
import { allOf, historyOf, type TestHistory } from '../support/history.ts'
import { attemptRow, insert, stepRow } from '../support/rows.ts'

const run_id = 'r'
const idle = { started_at: null, duration_ms: null, attempts: 0 }
/** In the order in which they are to come. */
const rows: readonly StepRow[] = [
  stepRow({ run_id, path: 'read', started_at: 0.5 }),
  stepRow({ run_id, path: 'send', started_at: 1, duration_ms: 10 }),
  stepRow({ run_id, path: 'send-all', started_at: 1 }),
  stepRow({ run_id, path: 'send0', started_at: 1 }),
  ...['[a/b]', '[a]', '[ü\\]]', '[🦊]', '[]'].map((key, n) =>
    stepRow({ run_id, path: `send${key}`, started_at: 2 + n }),
  ),
  stepRow({
    run_id,
    path: 'send[a]/charge',
    started_at: 8,
    status: 'failed',
    error_name: 'E',
    error_message: 'm',
    attempts: 3,
  }),
  stepRow({ run_id, path: 'loop', started_at: 9 }),
  stepRow({ run_id, path: 'loop[1]/body', started_at: 9 }),
  stepRow({ run_id, path: 'bill', started_at: 10, status: 'running', duration_ms: null }),
  stepRow({
    run_id,
    path: 'bill/check',
    started_at: 10,
    undo_status: 'failed',
    undo_error: '{"name":"E","message":"m"}',
  }),
  stepRow({ run_id, path: 'cached', ...idle, status: 'restored', output: '{"a":1}' }),
  stepRow({ run_id, path: 'gift', ...idle, status: 'skipped', reason: 'condition' }),
  stepRow({ run_id, path: 'send/late', ...idle, status: 'cancelled' }),
]
const attempts = [
  ...[1, 2, 3].map((attempt) => attemptRow({ run_id, path: 'bill', attempt, started_at: attempt, retry_at: 9 })),
  attemptRow({ run_id, path: 'send[a]/charge', error: '{"name":"E","message":"m","x":1}', error_code: 'C' }),
  attemptRow({ run_id, path: 'send[a]/charge', attempt: 2, error: 'cut', error_code: 'C' }),
  attemptRow({
    run_id,
    path: 'send[a]/charge',
    attempt: 3,
    status: 'succeeded',
    error_name: null,
    error_message: null,
  }),
]

describe.each(libraries)('with %s', (_, make) => {
  let at: TestHistory
  const paths = async (query: ListTrackedSteps) =>
    (await allOf((after) => at.history.steps(run_id, { ...query, ...(after !== undefined && { after }) }))).map(
      ({ path }) => path,
    )
  const wanted = (holds: (row: StepRow) => boolean) => rows.filter(holds).map(({ path }) => path)
  beforeAll(async () => {
    at = await historyOf(make)
    const others = rows.slice(0, 5).map((row) => ({ ...row, run_id: 'another' }))
    await insert(at.driver, { steps: [...rows].reverse().concat(others), attempts: [...attempts].reverse() })
  })
  afterAll(() => at.database.remove())

  it.each([1, 2, 3, 5, 16, 17, 18])('gives steps in the order of their starts, %i on a page', async (limit) => {
    expect(await paths({ limit })).toEqual(rows.map(({ path }) => path))
  })

  it('leaves out items and iterations, with what is inside of them', async () => {
    expect(await paths({ items: false, limit: 3 })).toEqual(wanted(({ path }) => !path.includes('[')))
  })

  it('gives only what is inside of a step', async () => {
    expect(await paths({ within: 'send', limit: 2 })).toEqual(wanted(({ path }) => /^send[/[]/.test(path)))
    expect(await paths({ within: 'send[a]' })).toEqual(['send[a]/charge'])
    expect(await paths({ within: 'read' })).toEqual([])
  })

  it('gives only those with a status', async () => {
    expect(await paths({ statuses: ['failed', 'skipped'] })).toEqual(['send[a]/charge', 'gift'])
    expect(await paths({ statuses: [] })).toEqual([])
  })

  it('gives all that is known of a step', async () => {
    const { items } = await at.history.steps(run_id)
    const of = (path: string) => items.find((step) => step.path === path)
    expect(of('send[ü\\]]')).toEqual({
      run: 'r',
      pipeline: 'orders',
      path: 'send[ü\\]]',
      step: 'send',
      key: 'ü\\]',
      status: 'succeeded',
      attempts: 1,
      startedAt: 4,
      endedAt: 5,
      durationMs: 1,
    })
    expect(of('gift')).toEqual({
      run: 'r',
      pipeline: 'orders',
      path: 'gift',
      step: 'gift',
      status: 'skipped',
      attempts: 0,
      reason: 'condition',
    })
    expect(of('cached')).toMatchObject({ status: 'restored', output: { a: 1 } })
    expect(of('bill/check')).toMatchObject({ undo: 'failed', undoError: { name: 'E', message: 'm' } })
    expect(of('send[a]/charge')).toMatchObject({ error: { name: 'E', message: 'm' }, attempts: 3, step: 'send/charge' })
  })

  it('knows nothing of the steps of a run that there is not', async () => {
    expect(await at.history.steps('unknown')).toEqual({ items: [] })
    expect(await at.history.attempts('unknown')).toEqual({ items: [] })
  })

  it.each([1, 2, 4, 6, 7])('gives attempts by path and number, %i on a page', async (limit) => {
    const all = await allOf((after) => at.history.attempts(run_id, { limit, ...(after !== undefined && { after }) }))
    expect(all.map(({ path, attempt }) => [path, attempt])).toEqual(
      attempts.map(({ path, attempt }) => [path, attempt]),
    )
  })

  it('gives the attempts of one step', async () => {
    const base = { run: 'r', path: 'send[a]/charge', startedAt: 0, endedAt: 1 }
    const { items } = await at.history.attempts(run_id, { path: 'send[a]/charge' })
    expect(items).toEqual([
      { ...base, attempt: 1, status: 'failed', error: { name: 'E', message: 'm', x: 1 } },
      {
        ...base,
        attempt: 2,
        status: 'failed',
        error: { name: 'Error', message: 'no', code: 'C' },
        unreadable: { error: 'cut' },
      },
      { ...base, attempt: 3, status: 'succeeded' },
    ])
  })
})
