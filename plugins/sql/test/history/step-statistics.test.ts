import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { SlowestSteps, StepOrder, StepStatistics } from '../../src/index.ts'
import type { ExecutionRow, StepRow } from '../../src/schema/tables.ts'
import { libraries } from '../support/databases.ts'
import { durationsIn } from '../support/durations.ts'
import { historyOf, type TestHistory } from '../support/history.ts'
import { clear, insert, runRow, stepRow } from '../support/rows.ts'

const statuses = ['running', 'succeeded', 'restored', 'skipped', 'failed', 'cancelled'] as const

const runsOf = fc
  .array(
    fc.record({ pipeline: fc.constantFrom('a', 'b'), duration_ms: fc.option(fc.nat(50)), started_at: fc.nat(9) }),
    {
      maxLength: 12,
    },
  )
  .map((rows) => rows.map((given, n) => runRow({ run_id: `r${n}`, ...given })))

const stepsOf = (runs: readonly ExecutionRow[]) =>
  runs.length === 0
    ? fc.constant([])
    : fc
        .uniqueArray(
          fc.record({
            run: fc.constantFrom(...runs),
            path: fc.constantFrom(
              'read',
              'send',
              'send[1]',
              'send[2]',
              'send[1]/mail',
              'send-all',
              'send0',
              'bill/charge',
            ),
            status: fc.constantFrom(...statuses, 'succeeded' as const, 'succeeded' as const),
            attempts: fc.integer({ min: 1, max: 4 }),
            duration_ms: fc.nat(30),
          }),
          { selector: ({ run, path }) => `${run.run_id} ${path}`, maxLength: 70 },
        )
        .map((rows) =>
          rows.map(({ run, status, ...given }) => {
            const ran = status !== 'skipped' && status !== 'restored'
            return stepRow({
              run_id: run.run_id,
              pipeline: run.pipeline,
              status,
              ...given,
              attempts: status === 'skipped' ? 0 : given.attempts,
              started_at: ran ? run.started_at : null,
              // One that was restored may have what it took then, and how often it was tried.
              duration_ms: status === 'skipped' || status === 'running' ? null : given.duration_ms,
            })
          }),
        )

const rowsOf = runsOf.chain((runs) => stepsOf(runs).map((steps) => ({ runs, steps })))

const sum = (all: readonly number[]) => all.reduce((total, one) => total + one, 0)

function expected(runs: readonly ExecutionRow[], steps: readonly StepRow[], since: number) {
  const chosen = runs.filter((run) => run.started_at >= since)
  const groups = Object.groupBy(
    steps.filter((step) => chosen.some((run) => run.run_id === step.run_id)),
    ({ pipeline, step, item_key }) => `${pipeline}\t${step}\t${item_key === null ? 0 : 1}`,
  )
  return Object.entries(groups)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, some = []]) => {
      const [pipeline, step, item] = key.split('\t')
      const count = (status: string) => some.filter((one) => one.status === status).length
      const executed = some.filter((one) => one.attempts > 0 && one.status !== 'restored')
      const judged = count('succeeded') + count('failed')
      const took = executed.flatMap((one) => one.duration_ms ?? [])
      const duration = durationsIn(took)
      const ended = chosen.filter((run) => run.pipeline === pipeline && run.duration_ms !== null)
      const inRuns = sum(ended.map((run) => run.duration_ms!))
      const inEnded = executed.filter((one) => ended.some((run) => run.run_id === one.run_id))
      return {
        pipeline,
        step,
        items: item === '1',
        statuses: Object.fromEntries(statuses.map((status) => [status, count(status)])),
        executed: executed.length,
        retried: executed.filter((one) => one.attempts > 1).length,
        retries: sum(executed.map((one) => one.attempts - 1)),
        ...(judged > 0 && { failureRate: count('failed') / judged }),
        ...(duration !== undefined && { duration }),
        totalMs: sum(took),
        ...(inRuns > 0 && { share: sum(inEnded.map((one) => one.duration_ms ?? 0)) / inRuns }),
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
      fc.asyncProperty(rowsOf, fc.nat(6), async ({ runs, steps }, since) => {
        await clear(at.driver)
        await insert(at.driver, { runs, steps })
        expect(await at.history.stepStatistics({ since })).toEqual(expected(runs, steps, since))
        const some = await at.history.stepStatistics({ pipeline: 'b', since })
        expect(some).toEqual(expected(runs, steps, since).filter(({ pipeline }) => pipeline === 'b'))
      }),
      { numRuns: 25 },
    )
  })

  it('gives those first that have most of something', async () => {
    const orders: readonly (readonly [StepOrder, (one: StepStatistics) => number | undefined])[] = [
      ...(['executed', 'retried', 'retries', 'totalMs', 'failureRate'] as const).map(
        (field) => [field, (one: StepStatistics) => one[field]] as const,
      ),
      ...(['mean', 'p50', 'p95', 'p99', 'max'] as const).map(
        (field) => [field, (one: StepStatistics) => one.duration?.[field]] as const,
      ),
      ['failed', (one) => one.statuses.failed],
    ]
    await fc.assert(
      fc.asyncProperty(rowsOf, fc.integer({ min: 1, max: 9 }), async ({ runs, steps }, limit) => {
        await clear(at.driver)
        await insert(at.driver, { runs, steps })
        const all = await at.history.stepStatistics({ orderBy: 'step' })
        expect(await at.history.stepStatistics({ limit })).toEqual(all.slice(0, limit))
        for (const [orderBy, of] of orders) {
          const most = all.toSorted((a, b) => (of(b) ?? -1) - (of(a) ?? -1))
          expect(await at.history.stepStatistics({ orderBy, limit })).toEqual(most.slice(0, limit))
        }
      }),
      { numRuns: 10 },
    )
  })

  it('gives the slowest steps, none that was restored', async () => {
    await fc.assert(
      fc.asyncProperty(rowsOf, fc.nat(6), fc.integer({ min: 1, max: 9 }), async ({ runs, steps }, since, limit) => {
        await clear(at.driver)
        await insert(at.driver, { runs, steps })
        const slowest = async (query: SlowestSteps) =>
          (await at.history.slowest({ since, limit, ...query })).map(({ durationMs }) => durationMs)
        const ids = runs.filter((run) => run.started_at >= since).map((run) => run.run_id)
        const isLeaf = (one: StepRow) =>
          !steps.some(
            ({ run_id, path }) =>
              run_id === one.run_id && /^[/[]/.test(path.slice(one.path.length)) && path.startsWith(one.path),
          )
        const wanted = (is: (one: StepRow) => boolean) =>
          steps
            .filter((one) => ids.includes(one.run_id) && one.status !== 'restored' && one.duration_ms !== null)
            .filter(is)
            .map((one) => one.duration_ms!)
            .sort((a, b) => b - a)
            .slice(0, limit)
        expect(await slowest({})).toEqual(wanted(isLeaf))
        expect(await slowest({ leaves: false })).toEqual(wanted(() => true))
        expect(await slowest({ step: 'send' })).toEqual(wanted(({ step }) => step === 'send'))
        const both = wanted((one) => one.step === 'send' && isLeaf(one))
        expect(await slowest({ step: 'send', leaves: true })).toEqual(both)
      }),
      { numRuns: 15 },
    )
  })
})
