import type { OptionRules } from '@pipe/core'
import { sql } from 'kysely'
import type { Asker } from './asker.ts'
import { isInsideOf } from './inside.ts'
import { isIn, type Period, periodRules } from './period.ts'
import { checked, flag, limit, text, USUAL } from './rules.ts'
import { stepOf, type TrackedStep } from './tracked-step.ts'

/** Among which steps: those of runs that started in the period. */
export interface SlowestSteps extends Period {
  /** Path without keys of items and numbers of iterations. Default: all. */
  readonly step?: string
  /**
   * `true` leaves out what only contains other steps, and takes as long as these do: maps, calls, loops, and items that run
   * a pipeline. Default: `true`, but `false` when a `step` is named.
   */
  readonly leaves?: boolean
  /** 1 to 1,000. Default 100. */
  readonly limit?: number
}

const RULES: OptionRules<SlowestSteps> = { ...periodRules, step: text, leaves: flag, limit }

/** The steps that took longest, from the slowest on. */
export async function slowest(asker: Asker, given: SlowestSteps): Promise<readonly TrackedStep[]> {
  const { step, leaves = step === undefined, limit: most = USUAL, ...period } = checked(given, RULES, 'slowest')
  const { builder, dialect } = asker
  const chosen = builder
    .selectFrom('pipeline_executions as run')
    .innerJoin('step_executions as one', 'one.run_id', 'run.run_id')
    .where(isIn('run', period))
    .select(['one.run_id', 'one.path', 'one.step', 'one.status', 'one.duration_ms'])
  const among = leaves ? chosen.select(NEXT.as('next')) : chosen.select(sql<string | null>`null`.as('next'))
  let query = builder
    .selectFrom(among.as('chosen'))
    .where('duration_ms', 'is not', null)
    .where('status', '<>', 'restored')
  if (leaves)
    query = query.where((where) =>
      where.or([where('next', 'is', null), where.not(isInsideOf(dialect, 'next', 'path'))]),
    )
  if (step !== undefined) query = query.where('step', '=', step)
  // Their values are read only of those that are found.
  const found = query
    .select(['run_id', 'path', 'duration_ms'])
    .orderBy('duration_ms', 'desc')
    .orderBy('run_id')
    .orderBy('path')
    .limit(sql.lit(most))
  const rows = await asker.ask(
    builder
      .selectFrom(found.as('found'))
      .innerJoin('step_executions as one', (join) =>
        join.onRef('one.run_id', '=', 'found.run_id').onRef('one.path', '=', 'found.path'),
      )
      .selectAll('one')
      .orderBy('found.duration_ms', 'desc')
      .orderBy('found.run_id')
      .orderBy('found.path'),
  )
  return rows.map(stepOf)
}

/**
 * The path that follows in the run, in an order in which what is inside of a step follows it at once: `send/mail` and
 * `send[1]` before `send-all`. Paths have nothing that is lower than what stands for `/` and `[`, unless ids hold control
 * characters.
 */
const NEXT = sql<
  string | null
>`lead(one.path) over (partition by one.run_id order by replace(replace(one.path, '/', ${'\u0001'}), '[', ${'\u0002'}))`
