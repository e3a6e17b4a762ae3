import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Period } from '../../src/index.ts'
import type { ExecutionRow } from '../../src/schema/tables.ts'
import { libraries } from '../support/databases.ts'
import { durationsIn } from '../support/durations.ts'
import { historyOf, type TestHistory } from '../support/history.ts'
import { clear, insert, runRow } from '../support/rows.ts'

const now = Date.now()
const HOUR = 3_600_000
const statuses = ['running', 'paused', 'interrupted', 'succeeded', 'failed', 'cancelled'] as const

const row = fc
  .record({
    pipeline: fc.constantFrom('a', 'b', 'B', 'ü'),
    status: fc.constantFrom(...statuses, 'succeeded' as const, 'succeeded' as const),
    // Many of the same, so that there are ties.
    duration_ms: fc.oneof(fc.nat(20), fc.constantFrom(0, 0.001, 1e9)),
    started_at: fc.integer({ min: now - 100, max: now - 90 }),
    seen_at: fc.constantFrom(now, now - 120_000),
  })
  .map(({ duration_ms, ...given }) => ({
    ...given,
    duration_ms: ['running', 'paused', 'interrupted'].includes(given.status) ? null : duration_ms,
  }))
const runsOf = fc
  .array(row, { maxLength: 120 })
  .map((rows) => rows.map((given, n) => runRow({ run_id: `r${n}`, ...given })))
const periodOf = fc.record(
  {
    pipeline: fc.constantFrom('a', 'B', 'nobody'),
    since: fc.integer({ min: now - 101, max: now - 90 }),
    until: fc.integer({ min: now - 99, max: now - 89 }),
  },
  { requiredKeys: [] },
)

const isHeld = ({ status }: ExecutionRow) => status === 'running' || status === 'paused'
const statusOf = (run: ExecutionRow) => (isHeld(run) && run.seen_at < now - 90_000 ? 'lost' : run.status)
const isIn = (run: ExecutionRow, { pipeline = run.pipeline, since = 0, until = Infinity }: Period) =>
  run.pipeline === pipeline && run.started_at >= since && run.started_at < until

/** What is to come out, but for `runsPerHour`. */
function expected(runs: readonly ExecutionRow[], period: Period) {
  const groups = Object.entries(
    Object.groupBy(
      runs.filter((run) => isIn(run, period)),
      (run) => run.pipeline,
    ),
  )
  return groups
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([pipeline, some = []]) => {
      const count = (status: string) => some.filter((run) => statusOf(run) === status).length
      const counts = Object.fromEntries([...statuses, 'lost'].map((status) => [status, count(status)]))
      const judged = count('succeeded') + count('failed') + count('lost')
      const duration = durationsIn(some.flatMap((run) => run.duration_ms ?? []))
      const starts = some.map((run) => run.started_at)
      return {
        pipeline,
        runs: some.length,
        statuses: counts,
        ...(judged > 0 && { successRate: count('succeeded') / judged }),
        firstStartedAt: Math.min(...starts),
        lastStartedAt: Math.max(...starts),
        ...(duration !== undefined && { duration }),
      }
    })
}

describe.each(libraries)('with %s', (_, make) => {
  let at: TestHistory
  beforeAll(async () => {
    at = await historyOf(make)
  })
  afterAll(() => at.database.remove())

  it('counts and measures as one would by hand', async () => {
    await fc.assert(
      fc.asyncProperty(runsOf, periodOf, async (runs, period) => {
        await clear(at.driver)
        await insert(at.driver, { runs })
        const found = await at.history.statistics(period)
        expect(found.map(({ runsPerHour: __, ...rest }) => rest)).toEqual(expected(runs, period))
      }),
      { numRuns: 25 },
    )
  })

  it('counts the runs of an hour', async () => {
    await clear(at.driver)
    const starts = [1, 1.5, 2.5, 4].map((hours, n) => runRow({ run_id: `r${n}`, started_at: now - hours * HOUR }))
    await insert(at.driver, { runs: starts })
    const perHour = async (period: Period) => (await at.history.statistics(period))[0]?.runsPerHour
    expect(await perHour({ since: now - 3 * HOUR, until: now - HOUR })).toBe(1)
    expect(await perHour({ until: now - 2 * HOUR })).toBe(1)
    // Of what has not come yet nothing is known.
    expect(await perHour({ until: now + 4 * HOUR })).toBeCloseTo(1, 2)
    expect(await perHour({})).toBeCloseTo(1, 2)
  })

  it('is right for the ranks of every number of runs', async () => {
    await clear(at.driver)
    const counts = [1, 2, 3, 19, 20, 21, 99, 100, 101, 200, 1_000]
    const runs = counts.flatMap((count) =>
      Array.from({ length: count }, (__, n) =>
        runRow({ run_id: `${count}/${n}`, pipeline: `p${count}`, duration_ms: n + 1 }),
      ),
    )
    await insert(at.driver, { runs })
    for (const { pipeline, runs: count, duration } of await at.history.statistics()) {
      expect(pipeline).toBe(`p${count}`)
      const [p50, p95, p99] = [50, 95, 99].map((part) => Math.ceil((part * count) / 100))
      expect(duration).toMatchObject({ p50, p95, p99, max: count })
    }
  })

  it('has nothing to say of nothing', async () => {
    await clear(at.driver)
    expect(await at.history.statistics()).toEqual([])
    expect(await at.history.stepStatistics()).toEqual([])
  })
})
