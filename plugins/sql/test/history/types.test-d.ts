import { DatabaseSync } from 'node:sqlite'
import type { ErrorData } from '@pipe/core'
import type { Page } from '@pipe/state'
import {
  historyIn,
  type StepOrder,
  type StepStatistics,
  type Timeline,
  type TrackedRun,
  type TrackedRunStatus,
  type TrackedStep,
} from '../../src/index.ts'

const history = historyIn({ db: new DatabaseSync(':memory:'), prefix: 'app_' })

export const page: Promise<Page<TrackedRun>> = history.runs({
  statuses: ['lost', 'failed'],
  tags: { tenant: 'a' },
  limit: 10,
})
export const run: TrackedRun | undefined = await history.run('r')
export const status: TrackedRunStatus | undefined = run?.status
export const error: ErrorData | undefined = run?.error
export const found: Timeline | undefined = await history.timeline('r', { items: false })
export const counts: Readonly<Record<TrackedRunStatus, number>> = (await history.statistics())[0]!.statuses
export const restored: number = (await history.stepStatistics({ pipeline: 'p' }))[0]!.statuses.restored
export const forgotten: Promise<number> = history.purge({ endedBefore: '30d', statuses: ['succeeded', 'lost'] })
export const cut: string | undefined = run?.unreadable?.output
export const costly: Promise<readonly StepStatistics[]> = history.stepStatistics({ orderBy: 'totalMs', limit: 3 })
export const orders: readonly StepOrder[] = ['step', 'failed', 'failureRate', 'p95']
export const flaky: number = (await history.failures({ attempts: true }))[0]!.recovered
export const compared: TrackedStep | undefined = (await history.compare('a', 'b'))?.items[0]?.other
export const parent: string | undefined = found?.rows[0]?.parent
export const working: number | undefined = run?.steps.running
export const patient = historyIn({ db: new DatabaseSync(':memory:'), lostAfter: '10m' })

// @ts-expect-error -- a history is in a database
historyIn({})
// @ts-expect-error -- there may be no such run
export const id: string = (await history.run('r')).id
// @ts-expect-error -- what was captured may be anything
export const input: string = run?.input
// @ts-expect-error -- what only contains others has no lane
export const lane: number = found!.rows[0]!.lane
// @ts-expect-error -- durations have a unit
historyIn({ db: new DatabaseSync(':memory:'), lostAfter: '10' })
// @ts-expect-error -- runs are not skipped
await history.runs({ statuses: ['skipped'] })
// @ts-expect-error -- steps are not lost
await history.steps('r', { statuses: ['lost'] })
// @ts-expect-error -- steps have no such field
await history.stepStatistics({ orderBy: 'name' })
// @ts-expect-error -- times are numbers
await history.runs({ since: new Date() })
// @ts-expect-error -- what runs is not forgotten
await history.purge({ endedBefore: '30d', statuses: ['running'] })
// @ts-expect-error -- how old must be said
await history.purge({})
// @ts-expect-error -- durations have a unit
await history.purge({ endedBefore: '30' })
// @ts-expect-error -- what was read is not changed
;(await history.runs()).items[0].status = 'failed'
