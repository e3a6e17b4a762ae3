import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { timelineOf } from '../../src/history/timeline.ts'
import { runOf } from '../../src/history/tracked-run.ts'
import { attemptOf, stepOf } from '../../src/history/tracked-step.ts'
import type { AttemptRow, ExecutionRow, StepRow } from '../../src/schema/tables.ts'
import { libraries } from '../support/databases.ts'
import { historyOf } from '../support/history.ts'
import { attemptRow, insert, runRow, stepRow } from '../support/rows.ts'

const run_id = 'r'
const NOW = 5_000

function drawn(
  run: Partial<ExecutionRow>,
  steps: readonly (Partial<StepRow> & { path: string })[],
  attempts: readonly (Partial<AttemptRow> & { path: string })[] = [],
) {
  const started = { started_at: 1_000, duration_ms: 100, ...run }
  return timelineOf(
    runOf(runRow({ run_id, ...started }), NOW - 90_000),
    steps.map((step) => stepOf(stepRow({ run_id, ...step }))),
    attempts.map((attempt) => attemptOf(attemptRow({ run_id, ...attempt }))),
    false,
    NOW,
  )
}

it('counts times from the start of the run', () => {
  const { rows, ...rest } = drawn({}, [{ path: 'a', started_at: 1_010, duration_ms: 30, wait_ms: 4 }])
  expect(rest).toEqual({
    run: 'r',
    pipeline: 'orders',
    status: 'succeeded',
    startedAt: 1_000,
    spanMs: 100,
    lanes: 1,
    truncated: false,
  })
  expect(rows).toEqual([
    {
      path: 'a',
      step: 'a',
      status: 'succeeded',
      depth: 0,
      startMs: 10,
      endMs: 40,
      lane: 0,
      attempts: [{ attempt: 1, status: 'succeeded', startMs: 10, endMs: 40 }],
      waits: [{ for: 'turn', startMs: 6, endMs: 10 }],
    },
  ])
})

it('shows attempts, and what was waited between them', () => {
  const [row] = drawn(
    {},
    [{ path: 'a', started_at: 1_000, duration_ms: 60, attempts: 3 }],
    [
      { path: 'a', attempt: 1, started_at: 1_000, ended_at: 1_010, retry_at: 1_020 },
      { path: 'a', attempt: 2, started_at: 1_020, ended_at: 1_030, retry_at: 1_030 },
      { path: 'a', attempt: 3, started_at: 1_030, ended_at: 1_060, status: 'succeeded' },
    ],
  ).rows
  expect(row!.attempts.map(({ startMs, endMs, status }) => [startMs, endMs, status])).toEqual([
    [0, 10, 'failed'],
    [20, 30, 'failed'],
    [30, 60, 'succeeded'],
  ])
  expect(row!.waits).toEqual([{ for: 'retry', startMs: 10, endMs: 20 }])
})

it.each([
  [
    'is being tried again',
    2,
    [
      [0, 10, 'failed'],
      [30, 4_000, 'running'],
    ],
    [[10, 30]],
  ],
  ['waits to be tried again', 1, [[0, 10, 'failed']], [[10, 4_000]]],
])('shows a step that %s', (_, tries, attempts, waits) => {
  const { rows, spanMs } = drawn(
    { status: 'running', duration_ms: null, seen_at: NOW },
    [{ path: 'a', status: 'running', started_at: 1_000, duration_ms: null, attempts: tries }],
    [{ path: 'a', started_at: 1_000, ended_at: 1_010, retry_at: 1_030 }],
  )
  expect(spanMs).toBe(4_000)
  expect(rows[0]!.attempts.map(({ startMs, endMs, status }) => [startMs, endMs, status])).toEqual(attempts)
  expect(rows[0]!.waits.map(({ startMs, endMs }) => [startMs, endMs])).toEqual(waits)
})

it.each([
  ['interrupted', 'interrupted', 4_000, 3_000],
  ['running', 'lost', -90_000, 0],
  ['paused', 'lost', -90_000, 0],
  ['paused', 'paused', 3_500, 4_000],
])('ends what was %s, and is %s, when its process was last seen, or now', (status, shown, seen_at, spanMs) => {
  const { rows, ...rest } = drawn({ status, duration_ms: null, seen_at }, [
    { path: 'a', status: 'running', started_at: 1_000, duration_ms: null },
  ])
  expect(rest).toMatchObject({ status: shown, spanMs })
  expect(rows[0]).toMatchObject({ startMs: 0, endMs: spanMs })
})

it('ends what is lost no earlier than what its process did afterwards', () => {
  const { rows, spanMs } = drawn({ status: 'running', duration_ms: null, seen_at: -90_000 }, [
    { path: 'all', status: 'running', started_at: 1_000, duration_ms: null },
    { path: 'all[1]', started_at: 1_010, ended_at: 1_050 },
    { path: 'all[2]/a', status: 'running', started_at: 1_060, duration_ms: null },
  ])
  expect(rows.map(({ startMs, endMs }) => [startMs, endMs])).toEqual([
    [0, 60],
    [10, 50],
    [60, 60],
  ])
  expect(spanMs).toBe(60)
})

it('never ends before it starts, whatever clocks say', () => {
  const { rows, spanMs } = drawn({ duration_ms: 5 }, [{ path: 'a', started_at: 1_010, ended_at: 1_000 }])
  expect(rows[0]).toMatchObject({ startMs: 10, endMs: 10 })
  expect(spanMs).toBe(10)
})

it.each([
  ['a', 0],
  ['a/b', 1],
  ['a[1]', 1],
  ['a[1]/b', 2],
  ['a[x/y[z]/b/c', 3],
  ['a[\\]/[\\\\]/b', 2],
])('knows how deep %s is', (path, depth) => {
  expect(drawn({}, [{ path }]).rows[0]!.depth).toBe(depth)
})

it('says what a row is inside of, and which items are of which key', () => {
  const paths = [
    'send',
    'send[a/b[\\]]',
    'send[a/b[\\]]/mail',
    'send[new]/mail',
    'send-all',
    'loop',
    'loop[1]/body',
    'loop[1]/body/x',
  ]
  const { rows } = drawn(
    {},
    paths.map((path) => ({ path })),
  )
  expect(rows.map(({ path, parent, key }) => [path, parent, key])).toEqual([
    ['send', undefined, undefined],
    ['send[a/b[\\]]', 'send', 'a/b[\\]'],
    ['send[a/b[\\]]/mail', 'send[a/b[\\]]', undefined],
    // Its item goes on, and has no row.
    ['send[new]/mail', 'send', undefined],
    ['send-all', undefined, undefined],
    ['loop', undefined, undefined],
    ['loop[1]/body', 'loop', undefined],
    ['loop[1]/body/x', 'loop[1]/body', undefined],
  ])
})

it('has no lane for what only contains others', () => {
  const item = { started_at: 1_000, duration_ms: 10 }
  const { rows, lanes } = drawn({}, [
    { path: 'send', ...item, duration_ms: 30 },
    { path: 'send[1]', ...item },
    { path: 'send[1]/mail', ...item },
    { path: 'send[2]', ...item },
    { path: 'send-all', started_at: 1_020, duration_ms: 5 },
  ])
  expect(rows.map(({ lane }) => lane)).toEqual([undefined, undefined, 0, 1, 0])
  expect(lanes).toBe(2)
  // Nothing of what is inside is drawn.
  expect(drawn({}, [{ path: 'send', ...item }])).toMatchObject({ lanes: 1, rows: [{ lane: 0 }] })
})

it('overlaps nothing in a lane, and has no lane too many', () => {
  const span = fc.record({ start: fc.nat(20), took: fc.nat(10) })
  fc.assert(
    fc.property(fc.array(span, { maxLength: 40 }), (spans) => {
      const steps = spans
        .map(({ start, took }, n) => ({ path: `s${n}`, started_at: 1_000 + start, duration_ms: took }))
        .sort((a, b) => a.started_at - b.started_at)
      const { rows, lanes } = drawn({}, steps)
      const overlap = (a: (typeof rows)[number], b: (typeof rows)[number]) =>
        a.startMs === b.startMs || (a.startMs < b.endMs && b.startMs < a.endMs)
      for (const [n, a] of rows.entries())
        for (const b of rows.slice(n + 1)) expect(a.lane === b.lane && overlap(a, b)).toBe(false)
      const most = rows.map(
        (a) => rows.filter((b) => b.startMs === a.startMs || (b.startMs < a.startMs && a.startMs < b.endMs)).length,
      )
      expect(lanes).toBe(Math.max(0, ...most))
    }),
  )
})

describe.each(libraries)('with %s', (_, make) => {
  it('reads what is drawn of a run', async () => {
    const { database, driver, history } = await historyOf(make)
    try {
      const items = Array.from({ length: 30 }, (__, n) => ({
        run_id,
        path: `map[${n}]`,
        started_at: 10 + n,
        attempts: 2,
      }))
      const idle = { started_at: null, duration_ms: null, attempts: 0, status: 'skipped' }
      const steps = [
        { run_id, path: 'read' },
        { run_id, path: 'map', started_at: 10 },
        ...items,
        { run_id, path: 'gift', ...idle },
      ]
      await insert(driver, {
        runs: [runRow({ run_id })],
        steps: steps.map(stepRow),
        attempts: items
          .flatMap((item) => [1, 2].map((attempt) => attemptRow({ ...item, attempt, ended_at: 11 })))
          .map(({ run_id: id, path, attempt }) => attemptRow({ run_id: id, path, attempt })),
      })
      const all = (await history.timeline(run_id))!
      expect(all.rows.map(({ path }) => path)).toEqual(['read', 'map', ...items.map(({ path }) => path)])
      expect(all.rows.map(({ attempts }) => attempts.length)).toEqual([1, 1, ...items.map(() => 2)])
      expect(all.truncated).toBe(false)
      const first = (await history.timeline(run_id, { limit: 5 }))!
      expect(first.rows).toEqual(all.rows.slice(0, 5))
      expect(first.truncated).toBe(true)
      const outer = (await history.timeline(run_id, { items: false }))!
      expect(outer.rows.map(({ path }) => path)).toEqual(['read', 'map'])
      expect(await history.timeline('unknown')).toBeUndefined()
    } finally {
      await database.remove()
    }
  })
})
