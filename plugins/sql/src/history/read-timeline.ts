import type { OptionRules } from '@pipe/core'
import { sql } from 'kysely'
import type { Asker } from './asker.ts'
import { checked, checkedId, flag, limitUpTo } from './rules.ts'
import { rowOf } from './runs.ts'
import { startedSteps } from './steps.ts'
import { type Timeline, timelineOf } from './timeline.ts'
import { runOf } from './tracked-run.ts'
import { attemptOf, stepOf } from './tracked-step.ts'

/** How much of a run is drawn. */
export interface DrawRun {
  /** `false` leaves out the items of maps, what iterations of loops did, and all inside of these. Default `true`. */
  readonly items?: boolean
  /** How many steps, those that started first: 1 to 10,000. Default 1,000. */
  readonly limit?: number
}

const RULES: OptionRules<DrawRun> = { items: flag, limit: limitUpTo(10_000) }

/** What a drawing of a run needs; nothing when there is no such run. */
export async function timeline(asker: Asker, given: string, options: DrawRun): Promise<Timeline | undefined> {
  const id = checkedId(given, 'timeline')
  const { limit = 1_000, items = true } = checked(options, RULES, 'timeline')
  const found = await rowOf(asker, id)
  if (found === undefined) return undefined
  const first = startedSteps(asker, id, { items }, limit + 1)
  const steps = await asker.ask(first)
  const shown = first.clearSelect().select('path').limit(sql.lit(limit))
  const attempts = await asker.ask(
    asker.builder
      .selectFrom('step_attempts as one')
      .innerJoin(shown.as('shown'), 'shown.path', 'one.path')
      .selectAll('one')
      .where('one.run_id', '=', id)
      .orderBy('one.path')
      .orderBy('one.attempt')
      .limit(sql.lit(ATTEMPTS * limit + 1)),
  )
  const truncated = steps.length > limit || attempts.length > ATTEMPTS * limit
  const now = Date.now()
  const shownRun = runOf(found, now - asker.lostAfterMs)
  return timelineOf(shownRun, steps.slice(0, limit).map(stepOf), attempts.map(attemptOf), truncated, now)
}

/** How many attempts there may be for each step, in the mean. */
const ATTEMPTS = 10
