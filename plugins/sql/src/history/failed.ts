import { type RawBuilder, sql } from 'kysely'
import type { Asker } from './asker.ts'
import { isInsideOf } from './inside.ts'
import { isIn, type Period } from './period.ts'

/** Which failures are looked for. */
interface Wanted {
  readonly period: Period
  /** Path without keys of items and numbers of iterations. */
  readonly step: string | undefined
}

const isStep = (table: string, step: string | undefined): RawBuilder<boolean> =>
  step === undefined ? sql`1 = 1` : sql`${sql.ref(`${table}.step`)} = ${step}`

const nameAndCode = [
  sql<string>`coalesce(one.error_name, 'Error')`.as('name'),
  sql<string>`coalesce(one.error_code, '')`.as('code'),
] as const

/** Steps that started in a period and have failed, and nothing inside of them. */
export const failedSteps = ({ builder, dialect }: Asker, { period, step }: Wanted) =>
  builder
    .selectFrom('step_executions as one')
    // An index of failed steps alone is found by these words.
    .where(sql<boolean>`one.status = 'failed'`)
    .where(isIn('one', period))
    .where(isStep('one', step))
    .where((where) =>
      where.not(
        where.exists(
          where
            .selectFrom('step_executions as deeper')
            .select(sql.lit(1).as('is'))
            .whereRef('deeper.run_id', '=', 'one.run_id')
            .where(sql<boolean>`deeper.status = 'failed'`)
            .where(isInsideOf(dialect, 'deeper.path', 'one.path')),
        ),
      ),
    )
    .select(['one.run_id', 'one.path', 'one.attempts as attempt', 'one.pipeline', 'one.step'])
    .select(nameAndCode)
    .select([sql<number>`coalesce(one.ended_at, one.started_at)`.as('at'), sql<number>`0`.as('is_recovered')])

/** Attempts that started in a period and have failed, while nothing inside of them failed for good. */
export const failedAttempts = ({ builder, dialect }: Asker, { period: { pipeline, ...time }, step }: Wanted) =>
  builder
    .selectFrom('step_attempts as one')
    .innerJoin('step_executions as whole', (join) =>
      join.onRef('whole.run_id', '=', 'one.run_id').onRef('whole.path', '=', 'one.path'),
    )
    .where(sql<boolean>`one.status = 'failed'`)
    .where(isIn('one', time))
    .where(isIn('whole', pipeline === undefined ? {} : { pipeline }))
    .where(isStep('whole', step))
    .where((where) =>
      where.not(
        where.exists(
          where
            .selectFrom('step_attempts as deeper')
            .select(sql.lit(1).as('is'))
            .whereRef('deeper.run_id', '=', 'one.run_id')
            .where(sql<boolean>`deeper.status = 'failed' and deeper.retry_at is null`)
            .where(isInsideOf(dialect, 'deeper.path', 'one.path'))
            // What is tried again does what is inside of it again.
            .whereRef('deeper.ended_at', '>=', 'one.started_at')
            .whereRef('deeper.ended_at', '<=', 'one.ended_at'),
        ),
      ),
    )
    .select(['one.run_id', 'one.path', 'one.attempt', 'whole.pipeline', 'whole.step'])
    .select(nameAndCode)
    .select([
      'one.ended_at as at',
      sql<number>`case when whole.status = 'succeeded' then 1 else 0 end`.as('is_recovered'),
    ])
