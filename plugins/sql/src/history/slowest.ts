import type { OptionRules } from '@pipe/core'
import { sql } from 'kysely'
import type { Asker } from './asker.ts'
import { isIn, type Period, periodRules } from './period.ts'
import { checked, limit, text, USUAL } from './rules.ts'
import { stepOf, type TrackedStep } from './tracked-step.ts'

/** Among which steps: those of runs that started in the period. */
export interface SlowestSteps extends Period {
  /** Path without keys of items and numbers of iterations. Default: all, calls and maps with what is inside of them. */
  readonly step?: string
  /** 1 to 1,000. Default 100. */
  readonly limit?: number
}

const RULES: OptionRules<SlowestSteps> = { ...periodRules, step: text, limit }

/** The steps that took longest, from the slowest on. */
export async function slowest(asker: Asker, given: SlowestSteps): Promise<readonly TrackedStep[]> {
  const { step, limit: most = USUAL, ...period } = checked(given, RULES, 'slowest')
  const { builder } = asker
  let query = builder
    .selectFrom('pipeline_executions as run')
    .innerJoin('step_executions as one', 'one.run_id', 'run.run_id')
    .where(isIn('run', period))
    .where('one.duration_ms', 'is not', null)
    .where('one.status', '<>', 'restored')
  if (step !== undefined) query = query.where('one.step', '=', step)
  // Their values are read only of those that are found.
  const found = query
    .select(['one.run_id', 'one.path', 'one.duration_ms'])
    .orderBy('one.duration_ms', 'desc')
    .orderBy('one.run_id')
    .orderBy('one.path')
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
