import type { EndStatus, StoredRun } from '../store.ts'
import type { Connection } from './connection.ts'
import { runOf } from './rows.ts'
import { endedSql, SQL } from './statements.ts'

/** So many rows are deleted in one go, which takes about a millisecond. */
const ROWS_AT_ONCE = 200

/**
 * Forgets the run at `place`, and puts its entries where nobody sees them: there may be so many that to delete them
 * would hold up the process. {@link sweep} does. For what writes.
 */
export function forget(connection: Connection, place: number): void {
  connection.sql(SQL.forgetRun).run(place)
  connection.sql(SQL.forgetData).run(place)
  connection.sql(SQL.toTrash).run(place)
}

/** Forgets a run that has ended, as {@link StateStore.delete} says. For what writes. */
export function forgetOne(connection: Connection, id: string): StoredRun | undefined {
  const row = connection.sql(SQL.run).get(id)
  if (row === undefined) return undefined
  const run = runOf(row)
  if (run.endedAt === undefined) return run
  forget(connection, Number(row['place']))
  return undefined
}

/** Forgets runs that have ended, as {@link StateStore.purge} says. For what writes. */
export function forgetEnded(connection: Connection, statuses: readonly EndStatus[], before: number, limit: number) {
  if (statuses.length === 0) return 0
  const ended = connection.sql(endedSql([...new Set(statuses)])).all(before, limit)
  for (const { place } of ended) forget(connection, Number(place))
  return ended.length
}

/**
 * Deletes the entries of forgotten runs, little by little; also what was left when a process ended, or the store was
 * closed. Never rejects: what is left is deleted the next time.
 */
export async function sweep(connection: Connection): Promise<void> {
  try {
    // After each piece the process has a turn for its other work.
    while (await connection.write(() => sweepSome(connection))) await new Promise((resolve) => setImmediate(resolve))
  } catch {
    // Nobody misses what was to be deleted.
  }
}

/** Deletes some entries. Answers whether there may be more. */
function sweepSome(connection: Connection): boolean {
  for (let rows = ROWS_AT_ONCE; rows > 0;) {
    const place = connection.sql(SQL.inTrash).get()?.['place']
    if (place === undefined) return false
    const deleted = Number(connection.sql(SQL.forgetEntries).run(place, rows).changes)
    if (deleted < rows) connection.sql(SQL.outOfTrash).run(place)
    rows -= deleted + 1
  }
  return true
}
