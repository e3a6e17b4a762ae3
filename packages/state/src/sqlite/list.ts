import { type Page, type RunFilter, type StoredRun, type StoredStatus } from '../store.ts'
import type { Connection } from './connection.ts'
import { pageOf, type Row, runOf } from './rows.ts'
import { listSql, SQL } from './statements.ts'
import { toText } from './text.ts'

const ALL: readonly StoredStatus[] = ['running', 'waiting', 'blocked', 'dead', 'succeeded', 'failed', 'cancelled']

/** Runs, as {@link StateStore.list} says. For what reads. */
export function list(
  connection: Connection,
  now: number,
  filter: RunFilter,
  limit: number,
  after: string | undefined,
): Page<StoredRun> {
  const { pipeline, statuses = ALL, stalled, since = -Infinity, until = Infinity } = filter
  const wanted = ALL.filter((status) => statuses.includes(status) && (stalled !== true || status === 'running'))
  if (wanted.length === 0) return { items: [] }
  // No run has place 0: as an end, it leaves out all that were created at that time.
  const [time, place] = after === undefined ? [until, 0] : after.split('/').map(Number)
  const found = connection
    .sql(listSql(wanted, filter))
    .all(pipeline === undefined ? null : toText(pipeline), now, since, time!, place ?? null, limit + 1)
  return pageOf(
    runsAt(connection, found),
    limit,
    runOf,
    ({ data, outcome = '' }) => data.length + outcome.length,
    (row) => `${String(row['created_at'])}/${String(row['place'])}`,
  )
}

/** The runs at these places, each read when its turn comes: a page may be full before. */
function* runsAt(connection: Connection, found: readonly Row[]): Generator<Row> {
  for (const { place } of found) yield connection.sql(SQL.runAt).get(place!)!
}
