import type { OptionRules } from '@pipe/core'
import { sql } from 'kysely'
import type { Asker } from './asker.ts'
import { failedAttempts, failedSteps } from './failed.ts'
import { type Period, periodRules } from './period.ts'
import { checked, flag, limit, text, USUAL } from './rules.ts'

/** Which failures: of steps, or of attempts, that started in the period. */
export interface ListFailures extends Period {
  /** Path without keys of items and numbers of iterations. */
  readonly step?: string
  /**
   * `true` counts attempts that failed, also those after which another one succeeded, or is still to come. Default `false`:
   * steps that failed in the end.
   */
  readonly attempts?: boolean
  /** 1 to 1,000. Default 100. */
  readonly limit?: number
}

/** An error that steps, or attempts, failed with, by its name and code and the step. */
export interface FailureGroup {
  readonly pipeline: string
  /** Path without keys of items and numbers of iterations: `orders/charge`. */
  readonly step: string
  /** Name of the error. */
  readonly name: string
  /** Code of the error, when it has one. */
  readonly code?: string
  /** How many steps, or attempts, failed with it. */
  readonly count: number
  /** How many of these attempts are of steps that have succeeded since; 0 where steps are counted. */
  readonly recovered: number
  /** When the first of them failed, epoch ms. */
  readonly firstAt: number
  /** When the last of them failed, epoch ms. */
  readonly lastAt: number
  /** The last of them. */
  readonly example: { readonly run: string; readonly path: string; readonly message: string }
}

const RULES: OptionRules<ListFailures> = { ...periodRules, step: text, attempts: flag, limit }

/**
 * What steps failed with, the most frequent first. A step counts where it broke: a map, a call or a loop that failed since
 * something inside of it did is left out.
 */
export async function failures(asker: Asker, given: ListFailures): Promise<readonly FailureGroup[]> {
  const { step, attempts: ofAttempts = false, limit: most = USUAL, ...period } = checked(given, RULES, 'failures')
  const { builder } = asker
  const failed = ofAttempts ? failedAttempts(asker, { period, step }) : failedSteps(asker, { period, step })
  const group = sql`partition by pipeline, step, name, code`
  const ranked = builder
    .selectFrom(failed.as('failed'))
    .selectAll()
    .select([
      sql<number | string>`count(*) over (${group})`.as('counted'),
      sql<number>`min(at) over (${group})`.as('first'),
      sql<number>`max(at) over (${group})`.as('last'),
      sql<number | string>`sum(is_recovered) over (${group})`.as('recovered'),
      sql<number | string>`row_number() over (${group} order by at desc, run_id desc, path desc, attempt desc)`.as(
        'nth',
      ),
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
  const examples = builder.selectFrom(found.as('found')).selectAll('found')
  const withMessage = ofAttempts
    ? examples
        .innerJoin('step_attempts as one', (join) =>
          join
            .onRef('one.run_id', '=', 'found.run_id')
            .onRef('one.path', '=', 'found.path')
            .onRef('one.attempt', '=', 'found.attempt'),
        )
        .select('one.error_message as message')
    : examples
        .innerJoin('step_executions as one', (join) =>
          join.onRef('one.run_id', '=', 'found.run_id').onRef('one.path', '=', 'found.path'),
        )
        .select('one.error_message as message')
  const rows = await asker.ask(
    withMessage
      .orderBy('found.counted', 'desc')
      .orderBy('found.last', 'desc')
      .orderBy('found.run_id')
      .orderBy('found.path'),
  )
  return rows.map(({ pipeline, step, name, code, counted, recovered, first, last, run_id: run, path, message }) => ({
    pipeline,
    step,
    name,
    ...(code !== '' && { code }),
    count: Number(counted),
    recovered: Number(recovered),
    firstAt: first,
    lastAt: last,
    example: { run, path, message: message ?? '' },
  }))
}
