import type { Asker } from './asker.ts'
import { countColumns, countsIn } from './counts.ts'
import { durationColumns, type Durations, durationsOf, rankIn } from './durations.ts'
import { isIn, type Period, periodRules } from './period.ts'
import { checked } from './rules.ts'
import { RUN_STATUSES, statusIn, type TrackedRunStatus } from './tracked-run.ts'

/** What became of the runs of a pipeline that started in a period. */
export interface PipelineStatistics {
  readonly pipeline: string
  /** How many runs. */
  readonly runs: number
  /** How many of them have which status. */
  readonly statuses: Readonly<Record<TrackedRunStatus, number>>
  /** The part of those that have succeeded, failed or were lost which has succeeded, 0 to 1; absent when there is none. */
  readonly successRate?: number
  /** How many started in an hour of the period: from `since`, or the first start, until `until`, now at most. */
  readonly runsPerHour?: number
  /** Epoch ms. */
  readonly firstStartedAt: number
  /** Epoch ms. */
  readonly lastStartedAt: number
  /** Of those that have ended, however; absent when none has. */
  readonly duration?: Durations
}

const HOUR = 3_600_000

/** What became of the runs of each pipeline, by its name. */
export async function statistics(asker: Asker, given: Period): Promise<readonly PipelineStatistics[]> {
  const period = checked(given, periodRules, 'statistics')
  const now = Date.now()
  const { builder } = asker
  const chosen = builder
    .selectFrom('pipeline_executions')
    .select(['pipeline', 'started_at', statusIn(now - asker.lostAfterMs).as('status'), 'duration_ms as ms'])
    .where(isIn('pipeline_executions', period))
  const ranked = builder.selectFrom(chosen.as('chosen')).selectAll().select(rankIn('pipeline').as('rank_in'))
  const rows = await asker.ask(
    builder
      .selectFrom(ranked.as('ranked'))
      .select('pipeline')
      .select(countColumns(RUN_STATUSES))
      .select((of) => [of.fn.min('started_at').as('first'), of.fn.max('started_at').as('last')])
      .select(durationColumns)
      .groupBy('pipeline')
      .orderBy('pipeline'),
  )
  return rows.map((row) => {
    const statuses = countsIn(row, RUN_STATUSES)
    const { succeeded, failed, lost } = statuses
    const { pipeline, first, last } = row
    const runs = Number(row.counted)
    const hours = (Math.min(period.until ?? now, now) - (period.since ?? first)) / HOUR
    const judged = succeeded + failed + lost
    const duration = durationsOf(row)
    return {
      pipeline,
      runs,
      statuses,
      ...(judged > 0 && { successRate: succeeded / judged }),
      ...(hours > 0 && { runsPerHour: runs / hours }),
      firstStartedAt: first,
      lastStartedAt: last,
      ...(duration !== undefined && { duration }),
    }
  })
}
