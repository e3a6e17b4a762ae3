import type { OptionRules } from '@pipe/core'
import { type RawBuilder, sql } from 'kysely'
import type { Dialect } from '../drivers/driver.ts'
import type { Asker } from './asker.ts'
import { countColumns, countsIn } from './counts.ts'
import { durationColumns, type Durations, durationsOf, rankIn } from './durations.ts'
import { isIn, type Period, periodRules } from './period.ts'
import { checked, limit, oneOf } from './rules.ts'
import { STEP_STATUSES, type TrackedStepStatus } from './tracked-step.ts'

/** What the statistics of steps are ordered by. But for `step`, those that have most of it come first. */
export type StepOrder =
  | 'step'
  | 'executed'
  | 'failed'
  | 'failureRate'
  | 'retried'
  | 'retries'
  | 'mean'
  | 'p50'
  | 'p95'
  | 'p99'
  | 'max'
  | 'totalMs'

/** Of which pipeline and when, and which steps first. */
export interface ListStepStatistics extends Period {
  /**
   * `step`: by the names of pipeline and step. Else those that have most of it come first, and those that have none last:
   * `failed` is how many have failed, `mean` to `max` are those of `duration`. Default `step`.
   */
  readonly orderBy?: StepOrder
  /** How many, 1 to 1,000. Default: all. */
  readonly limit?: number
}

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

/** What is ordered by, largest first, in the columns of the statement. */
const LARGEST: Readonly<Record<Exclude<StepOrder, 'step'>, (dialect: Dialect) => RawBuilder<unknown>>> = {
  executed: () => sql.ref('executed'),
  failed: () => sql.ref('failed'),
  failureRate: (dialect) => {
    const double = sql.raw(dialect === 'mysql' ? 'double' : 'double precision')
    return sql`cast(failed as ${double}) / nullif(succeeded + failed, 0)`
  },
  retried: () => sql.ref('retried'),
  retries: () => sql.ref('retries'),
  mean: () => sql.ref('mean'),
  p50: () => sql.ref('p50'),
  p95: () => sql.ref('p95'),
  p99: () => sql.ref('p99'),
  max: () => sql.ref('longest'),
  totalMs: () => sql`coalesce(total, 0)`,
}

const RULES: OptionRules<ListStepStatistics> = {
  ...periodRules,
  orderBy: oneOf(['step', ...Object.keys(LARGEST)]),
  limit,
}

/** How long the runs of each pipeline took, that have ended. */
const runTimes = ({ builder }: Asker, period: Period) =>
  builder
    .selectFrom('pipeline_executions')
    .select(['pipeline', (of) => of.fn.sum<number | null>('duration_ms').as('took')])
    .where(isIn('pipeline_executions', period))
    .groupBy('pipeline')

/** What became of each step of each pipeline. */
export async function stepStatistics(asker: Asker, given: ListStepStatistics): Promise<readonly StepStatistics[]> {
  const { orderBy = 'step', limit: most, ...period } = checked(given, RULES, 'stepStatistics')
  const { builder, dialect } = asker
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
  const grouped = builder
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
  let ordered = builder.selectFrom(grouped.as('grouped')).selectAll()
  if (orderBy !== 'step') {
    const largest = LARGEST[orderBy](dialect)
    ordered = ordered.orderBy(sql`${largest} is null`).orderBy(largest, 'desc')
  }
  ordered = ordered.orderBy('pipeline').orderBy('step').orderBy('is_item')
  if (most !== undefined) ordered = ordered.limit(sql.lit(most))
  const [rows, times] = await Promise.all([asker.ask(ordered), asker.ask(runTimes(asker, period))])
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
