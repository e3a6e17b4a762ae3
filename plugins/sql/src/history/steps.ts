import type { OptionRules } from '@pipe/core'
import type { Page } from '@pipe/state'
import { sql, type SqlBool } from 'kysely'
import type { StepRow } from '../schema/tables.ts'
import type { Asker } from './asker.ts'
import { isInside } from './inside.ts'
import { comesAfter, type Place, readPlace, writePlace } from './place.ts'
import { checked, checkedId, flag, limit, notACursor, someOf, text, USUAL } from './rules.ts'
import {
  attemptOf,
  STEP_STATUSES,
  stepOf,
  type TrackedAttempt,
  type TrackedStep,
  type TrackedStepStatus,
} from './tracked-step.ts'

/** Which steps of a run. What is absent does not matter. */
export interface ListTrackedSteps {
  /** Path of a step: only what is inside of it, be it the items of a map or the steps of a call. */
  readonly within?: string
  /** `false` leaves out the items of maps, what iterations of loops did, and all inside of these. Default `true`. */
  readonly items?: boolean
  readonly statuses?: readonly TrackedStepStatus[]
  /** 1 to 1,000. Default 100. */
  readonly limit?: number
  /** The `next` of the page before. */
  readonly after?: string
}

/** Which attempts of a run. */
export interface ListTrackedAttempts {
  /** Path of the step that they are of. Default: of all. */
  readonly path?: string
  /** 1 to 1,000. Default 100. */
  readonly limit?: number
  /** The `next` of the page before. */
  readonly after?: string
}

const STEP_RULES: OptionRules<ListTrackedSteps> = {
  within: text,
  items: flag,
  statuses: someOf(STEP_STATUSES),
  limit,
  after: text,
}
const ATTEMPT_RULES: OptionRules<ListTrackedAttempts> = { path: text, limit, after: text }

/** The steps of a run in the order in which they started; those that did not run are last, in the order of their paths. */
export async function steps(asker: Asker, run: string, given: ListTrackedSteps): Promise<Page<TrackedStep>> {
  const id = checkedId(run, 'steps', 'run')
  const { limit: most = USUAL, after, ...filter } = checked(given, STEP_RULES, 'steps')
  const idle = after?.startsWith(IDLE) === true ? after.slice(IDLE.length) : undefined
  const place = after === undefined || idle !== undefined ? undefined : readPlace(after, 'steps')
  const begun = idle === undefined ? await asker.ask(startedSteps(asker, id, filter, most + 1, place)) : []
  const left = most + 1 - begun.length
  const rows = left === 0 ? begun : [...begun, ...(await asker.ask(idleSteps(asker, id, filter, left, idle ?? '')))]

  const page = rows.slice(0, most)
  const last = rows.length > most ? page.at(-1) : undefined
  return { items: page.map(stepOf), ...(last !== undefined && { next: cursorOf(last) }) }
}

/** What the `next` of a page begins with that ends among those that did not run. */
const IDLE = '-/'

const cursorOf = ({ started_at: time, path }: StepRow) =>
  time === null ? IDLE + path : writePlace({ time, key: path })

type Filter = Pick<ListTrackedSteps, 'within' | 'items' | 'statuses'>

/** Those that have started, in this order. */
export function startedSteps(asker: Asker, run: string, filter: Filter, most: number, after?: Place) {
  const query = some(asker, run, filter)
    .where('started_at', 'is not', null)
    .orderBy('started_at')
    .orderBy('path')
    .limit(sql.lit(most))
  return after === undefined ? query : query.where(comesAfter(after, 'path', 'asc'))
}

/** Those that have not. */
const idleSteps = (asker: Asker, run: string, filter: Filter, most: number, after: string) =>
  some(asker, run, filter)
    .where('started_at', 'is', null)
    .where('path', '>', after)
    .orderBy('path')
    .limit(sql.lit(most))

function some({ builder }: Asker, run: string, { within, items = true, statuses }: Filter) {
  let query = builder.selectFrom('step_executions').selectAll().where('run_id', '=', run)
  if (within !== undefined) query = query.where(isInside('path', within))
  if (!items) query = query.whereRef('path', '=', 'step')
  if (statuses !== undefined)
    query = query.where(
      statuses.length === 0 ? sql<SqlBool>`1 = 0` : sql<SqlBool>`status in (${sql.join([...statuses])})`,
    )
  return query
}

/** The attempts that were kept, by path and number. */
export async function attempts(asker: Asker, run: string, given: ListTrackedAttempts): Promise<Page<TrackedAttempt>> {
  const id = checkedId(run, 'attempts', 'run')
  const { path, limit: most = USUAL, after } = checked(given, ATTEMPT_RULES, 'attempts')
  let query = asker.builder.selectFrom('step_attempts').selectAll().where('run_id', '=', id)
  if (path !== undefined) query = query.where('path', '=', path)
  if (after !== undefined) {
    const [, number, last] = /^(\d{1,9})\/([^\0]+)$/s.exec(after) ?? []
    if (last === undefined) throw notACursor(after, 'attempts')
    const later = sql<SqlBool>`path >= ${last} and (path > ${last} or attempt > ${Number(number)})`
    query = query.where(later)
  }
  const rows = await asker.ask(
    query
      .orderBy('path')
      .orderBy('attempt')
      .limit(sql.lit(most + 1)),
  )
  const page = rows.slice(0, most)
  const last = rows.length > most ? page.at(-1) : undefined
  return { items: page.map(attemptOf), ...(last !== undefined && { next: `${last.attempt}/${last.path}` }) }
}
