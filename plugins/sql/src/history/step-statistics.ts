import { sql } from 'kysely'
import type { Asker } from './asker.ts'
import { countColumns, countsIn } from './counts.ts'
import { durationColumns, type Durations, durationsOf, rankIn } from './durations.ts'
import { isIn, type Period, periodRules } from './period.ts'
import { checked } from './rules.ts'
import { STEP_STATUSES, type TrackedStepStatus } from './tracked-step.ts'

/** What became of a step, in the runs of a pipeline that started in a period. */
export interface StepStatistics {
  readonly pipeline: string
  /** Its path without keys of items and numbers of iterations: `orders/charge`. */
  readonly step: string
  /** Whether these are the items of a map; else the map itself. */
  readonly items: boolean
  /** How often it has which status. */
  readonly statuses: Readonly<Record<TrackedStepStatus, number>>
  /** How often it was executed: it had attempts, and was not restored. */
  readonly executed: number
  /** How many of these had several attempts. */
  readonly retried: number
  /** How many attempts there were after first ones. */
  readonly retries: number
  /** The part of those that have succeeded or failed which has failed, 0 to 1; absent when there is none. */
  readonly failureRate?: number
  /** Of those that were executed and have ended; absent when there is none. */
  readonly duration?: Durations
  /** All that it took, in ms. */
  readonly totalMs: number
  /**
   * That as a part of what the runs of the pipeline took that have ended; absent when none has. What runs side by side, or
   * inside of another, counts in full: it may be more than 1.
   */
  readonly share?: number
}

/** How long the runs of each pipeline took, that have ended. */
const runTimes = ({ builder }: Asker, period: Period) =>
  builder
    .selectFrom('pipeline_executions')
    .select(['pipeline', (of) => of.fn.sum<number | null>('duration_ms').as('took')])
    .where(isIn('pipeline_executions', period))
    .groupBy('pipeline')

/** What became of each step of each pipeline, by their names. */
export async function stepStatistics(asker: Asker, given: Period): Promise<readonly StepStatistics[]> {
  const period = checked(given, periodRules, 'stepStatistics')
  const { builder } = asker
  const chosen = builder
    .selectFrom('pipeline_executions as run')
    .innerJoin('step_executions as one', 'one.run_id', 'run.run_id')
    .where(isIn('run', period))
    .select(['run.pipeline', 'one.step', 'one.status', 'run.duration_ms as took'])
    .select([
      sql<number>`case when one.item_key is null then 0 else 1 end`.as('is_item'),
      sql<number>`case when one.status <> 'restored' then one.attempts else 0 end`.as('tries'),
      sql<number | null>`case when one.status <> 'restored' and one.attempts > 0 then one.duration_ms end`.as('ms'),
    ])
  const ranked = builder
    .selectFrom(chosen.as('chosen'))
    .selectAll()
    .select(rankIn('pipeline', 'step', 'is_item').as('rank_in'))
  const counted = (what: string) => sql<number | string>`sum(${sql.raw(what)})`
  const [rows, times] = await Promise.all([
    asker.ask(
      builder
        .selectFrom(ranked.as('ranked'))
        .select(['pipeline', 'step', 'is_item'])
        .select(countColumns(STEP_STATUSES))
        .select([
          counted('case when tries > 0 then 1 else 0 end').as('executed'),
          counted('case when tries > 1 then 1 else 0 end').as('retried'),
          counted('case when tries > 1 then tries - 1 else 0 end').as('retries'),
          sql<number | null>`sum(ms)`.as('total'),
          sql<number | null>`sum(case when took is not null then ms end)`.as('in_ended'),
        ])
        .select(durationColumns)
        .groupBy(['pipeline', 'step', 'is_item'])
        .orderBy('pipeline')
        .orderBy('step')
        .orderBy('is_item'),
    ),
    asker.ask(runTimes(asker, period)),
  ])
  const took = new Map(times.map((row) => [row.pipeline, row.took ?? 0]))

  return rows.map((row) => {
    const { pipeline, step } = row
    const statuses = countsIn(row, STEP_STATUSES)
    const judged = statuses.succeeded + statuses.failed
    const duration = durationsOf(row)
    const inRuns = took.get(pipeline) ?? 0
    return {
      pipeline,
      step,
      items: row.is_item === 1,
      statuses,
      executed: Number(row.executed),
      retried: Number(row.retried),
      retries: Number(row.retries),
      ...(judged > 0 && { failureRate: statuses.failed / judged }),
      ...(duration !== undefined && { duration }),
      totalMs: row.total ?? 0,
      ...(inRuns > 0 && { share: (row.in_ended ?? 0) / inRuns }),
    }
  })
}
