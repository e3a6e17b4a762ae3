import type { OptionRules } from '@pipe/core'
import type { Page } from '@pipe/state'
import { type Expression, sql, type SqlBool } from 'kysely'
import type { ExecutionRow } from '../schema/tables.ts'
import type { Asker } from './asker.ts'
import { comesAfter, readPlace, writePlace } from './place.ts'
import { checked, checkedId, limit, someOf, text, texts, time, USUAL } from './rules.ts'
import { countsUntilNow } from './step-counts.ts'
import { casesOf, RUN_STATUSES, runOf, type TrackedRun, type TrackedRunStatus } from './tracked-run.ts'

/** Which runs. What is absent does not matter. */
export interface ListTrackedRuns {
  readonly pipeline?: string
  readonly statuses?: readonly TrackedRunStatus[]
  /** Started at or after, epoch ms. */
  readonly since?: number
  /** Started before, epoch ms. */
  readonly until?: number
  /** Those that have all of these tags. Runs are looked at one by one for it, the last started first. */
  readonly tags?: Readonly<Record<string, string>>
  /** Id of the run that started them. */
  readonly parent?: string
  /** Id of the trace that they are part of. */
  readonly trace?: string
  /** Name of the error that they failed or were cancelled with: that of their `error`, which is what a step threw. */
  readonly errorName?: string
  /** Code of the same error. */
  readonly errorCode?: string
  /** 1 to 1,000. Default 100. */
  readonly limit?: number
  /** The `next` of the page before. */
  readonly after?: string
}

const RULES: OptionRules<ListTrackedRuns> = {
  pipeline: text,
  statuses: someOf(RUN_STATUSES),
  since: time,
  until: time,
  tags: texts,
  parent: text,
  trace: text,
  errorName: text,
  errorCode: text,
  limit,
  after: text,
}

/** One run. */
export async function run(asker: Asker, given: string): Promise<TrackedRun | undefined> {
  const row = await rowOf(asker, checkedId(given, 'run'))
  if (row === undefined) return undefined
  const counts = await countsUntilNow(asker, [row])
  return runOf(row, Date.now() - asker.lostAfterMs, counts.get(row.run_id))
}

/** The row of a run. */
export async function rowOf({ builder, ask }: Asker, id: string): Promise<ExecutionRow | undefined> {
  const [row] = await ask(builder.selectFrom('pipeline_executions').selectAll().where('run_id', '=', id))
  return row
}

/** Runs, the last started first. */
export async function runs(asker: Asker, given: ListTrackedRuns): Promise<Page<TrackedRun>> {
  const options = checked(given, RULES, 'runs')
  const { errorName, errorCode, tags = {}, limit: most = USUAL } = options
  const withError = errorName !== undefined || errorCode !== undefined
  // Only these have errors.
  const { statuses = withError ? (['failed', 'cancelled', 'interrupted'] as const) : undefined } = options
  if (statuses?.length === 0) return { items: [] }
  const aliveSince = Date.now() - asker.lostAfterMs
  const cases = [...new Set(statuses)].flatMap((status) => casesOf(status, aliveSince))
  const rows = await asker.ask(firstOf(asker, wheresOf(asker, options), cases, most + 1))
  const page = rows.slice(0, most)
  const counts = await countsUntilNow(asker, page)
  const items = page.map((row) => runOf(row, aliveSince, counts.get(row.run_id))).filter((item) => hasTags(item, tags))
  const last = rows.length > most ? page.at(-1) : undefined
  return { items, ...(last !== undefined && { next: writePlace({ time: last.started_at, key: last.run_id }) }) }
}

/** The first runs for which all of `wheres` hold, and, where there are any, one of `cases`. */
function firstOf({ builder }: Asker, wheres: readonly Condition[], cases: readonly Condition[], most: number) {
  const first = (...more: readonly Condition[]) => {
    let query = builder.selectFrom('pipeline_executions')
    for (const where of [...wheres, ...more]) query = query.where(where)
    return query.orderBy('started_at', 'desc').orderBy('run_id', 'desc').limit(sql.lit(most))
  }
  const [one, ...others] = cases
  if (one === undefined) return first().selectAll()
  if (others.length === 0) return first(one).selectAll()
  // A list for each case, for an index is ordered by time in each; the first of all are among them.
  const placesOf = (where: Condition) =>
    builder.selectFrom(first(where).select(['run_id', 'started_at']).as('list')).selectAll('list')
  let places = placesOf(one)
  for (const other of others) places = places.unionAll(placesOf(other))
  const found = builder
    .selectFrom(places.as('found'))
    .selectAll('found')
    .orderBy('started_at', 'desc')
    .orderBy('run_id', 'desc')
    .limit(sql.lit(most))
  return builder
    .selectFrom(found.as('place'))
    .innerJoin('pipeline_executions as run', 'run.run_id', 'place.run_id')
    .selectAll('run')
    .orderBy('place.started_at', 'desc')
    .orderBy('place.run_id', 'desc')
}

type Condition = Expression<SqlBool>

function wheresOf({ dialect }: Asker, options: ListTrackedRuns): readonly Condition[] {
  const { pipeline, since, until, tags = {}, parent, trace, errorName, errorCode, after } = options
  const wheres: Condition[] = []
  const equal = (name: string, value: string | undefined) => {
    if (value !== undefined) wheres.push(sql<SqlBool>`${sql.ref(name)} = ${value}`)
  }
  equal('pipeline', pipeline)
  equal('parent_run_id', parent)
  equal('trace_id', trace)
  equal('error_name', errorName)
  equal('error_code', errorCode)
  if (since !== undefined) wheres.push(sql`started_at >= ${since}`)
  if (until !== undefined) wheres.push(sql`started_at < ${until}`)
  const position = sql.raw(dialect === 'postgres' ? 'strpos' : 'instr')
  for (const [name, value] of Object.entries(tags))
    wheres.push(sql`${position}(tags, ${`${JSON.stringify(name)}:${JSON.stringify(value)}`}) > 0`)
  if (after !== undefined) wheres.push(comesAfter(readPlace(after, 'runs'), 'run_id', 'desc'))
  return wheres
}

/** What was found in the text of the tags may be part of another name. */
const hasTags = (item: TrackedRun, tags: Readonly<Record<string, string>>) =>
  Object.entries(tags).every(([name, value]) => item.tags[name] === value)
