import type { OptionRules } from '@pipe/core'
import { sql } from 'kysely'
import type { Asker } from './asker.ts'
import { isInsideOf } from './inside.ts'
import { isIn, type Period, periodRules } from './period.ts'
import { checked, limit, text, USUAL } from './rules.ts'

/** Which failures: of steps that started in the period. */
export interface ListFailures extends Period {
  /** Path without keys of items and numbers of iterations. */
  readonly step?: string
  /** 1 to 1,000. Default 100. */
  readonly limit?: number
}

/** An error that steps failed with, by its name and code and the step. */
export interface FailureGroup {
  readonly pipeline: string
  /** Path without keys of items and numbers of iterations: `orders/charge`. */
  readonly step: string
  /** Name of the error. */
  readonly name: string
  /** Code of the error, when it has one. */
  readonly code?: string
  /** How many steps failed with it. */
  readonly count: number
  /** When the first of them failed, epoch ms. */
  readonly firstAt: number
  /** When the last of them failed, epoch ms. */
  readonly lastAt: number
  /** The last of them. */
  readonly example: { readonly run: string; readonly path: string; readonly message: string }
}

const RULES: OptionRules<ListFailures> = { ...periodRules, step: text, limit }

/**
 * What steps failed with, the most frequent first. A step counts where it broke: a map, a call or a loop that failed since
 * something inside of it did is left out. One that was retried and has succeeded then has not failed.
 */
export async function failures(asker: Asker, given: ListFailures): Promise<readonly FailureGroup[]> {
  const { step, limit: most = USUAL, ...period } = checked(given, RULES, 'failures')
  const { builder, dialect } = asker
  let query = builder
    .selectFrom('step_executions as one')
    // An index of failed steps alone is found by these words.
    .where(sql<boolean>`one.status = 'failed'`)
    .where(isIn('one', period))
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
  if (step !== undefined) query = query.where('one.step', '=', step)
  const failed = query.select([
    'one.run_id',
    'one.path',
    'one.pipeline',
    'one.step',
    sql<string>`coalesce(one.error_name, 'Error')`.as('name'),
    sql<string>`coalesce(one.error_code, '')`.as('code'),
    sql<number>`coalesce(one.ended_at, one.started_at)`.as('at'),
  ])
  const group = sql`partition by pipeline, step, name, code`
  const ranked = builder
    .selectFrom(failed.as('failed'))
    .selectAll()
    .select([
      sql<number | string>`count(*) over (${group})`.as('counted'),
      sql<number>`min(at) over (${group})`.as('first'),
      sql<number>`max(at) over (${group})`.as('last'),
      sql<number | string>`row_number() over (${group} order by at desc, run_id desc, path desc)`.as('nth'),
    ])
  const found = builder
    .selectFrom(ranked.as('ranked'))
    .selectAll()
    .where('nth', '=', sql.lit(1))
    .orderBy('counted', 'desc')
    .orderBy('last', 'desc')
    .orderBy('run_id')
    .orderBy('path')
    .limit(sql.lit(most))
  const rows = await asker.ask(
    builder
      .selectFrom(found.as('found'))
      .innerJoin('step_executions as one', (join) =>
        join.onRef('one.run_id', '=', 'found.run_id').onRef('one.path', '=', 'found.path'),
      )
      .selectAll('found')
      .select('one.error_message as message')
      .orderBy('found.counted', 'desc')
      .orderBy('found.last', 'desc')
      .orderBy('found.run_id')
      .orderBy('found.path'),
  )
  return rows.map(({ pipeline, step, name, code, counted, first, last, run_id: run, path, message }) => ({
    pipeline,
    step,
    name,
    ...(code !== '' && { code }),
    count: Number(counted),
    firstAt: first,
    lastAt: last,
    example: { run, path, message: message ?? '' },
  }))
}
