import { invalidOption } from '@pipe/core'
import { RUN_STATES } from '../run-state.ts'
import type { Page, RunFilter, StoredRun } from '../store.ts'
import type { Connection } from './connection.ts'
import { pageOf, type Row, runOf } from './rows.ts'
import { listSql, SQL } from './statements.ts'
import { toText } from './text.ts'

/** Runs, as {@link StateStore.list} says. For what reads. */
export function list(
  connection: Connection,
  now: number,
  filter: RunFilter,
  limit: number,
  after: string | undefined,
): Page<StoredRun> {
  const { pipeline, states = RUN_STATES, since = -Infinity, until = Infinity } = filter
  const wanted = RUN_STATES.filter((state) => states.includes(state))
  // No run has place 0: as an end, it leaves out all that were created at that time.
  const [time, place] = after === undefined ? [until, 0] : startOf(after)
  if (wanted.length === 0) return { items: [] }
  const found = connection
    .sql(listSql(wanted, pipeline !== undefined))
    .all(pipeline === undefined ? null : toText(pipeline), now, since, time, place, limit + 1)
  return pageOf(
    runsAt(connection, found),
    limit,
    runOf,
    ({ data, outcome = '' }) => data.length + outcome.length,
    (row) => `${String(row['created_at'])}/${String(row['place'])}`,
  )
}

/** Time and place of the run after which a page begins. */
function startOf(after: string): readonly [time: number, place: number] {
  const [, time, place] = /^(-?\d{1,15})\/(\d{1,15})$/.exec(after) ?? []
  if (time !== undefined) return [Number(time), Number(place)]
  throw invalidOption({ owner: 'list() of the sqlite store' }, after, 'the `next` of a page of list()', 'after')
}

/** The runs at these places, each read when its turn comes: a page may be full before. */
function* runsAt(connection: Connection, found: readonly Row[]): Generator<Row> {
  for (const { place } of found) yield connection.sql(SQL.runAt).get(place!)!
}
