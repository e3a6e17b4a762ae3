import type { Acquired, LeaseRequest, NewRun, StoredRun } from '../store.ts'
import type { Connection } from './connection.ts'
import { forget } from './forget.ts'
import { runOf } from './rows.ts'
import { SQL } from './statements.ts'
import { toText } from './text.ts'

/** When a lease of `leaseMs` ends; node:sqlite reads no greater numbers than this. */
export const leaseEnd = (now: number, leaseMs: number): number => Math.min(now + leaseMs, Number.MAX_SAFE_INTEGER)

/**
 * The least fence that is given at a time, epoch ms: its µs. So fences rise also when the file is replaced by an older copy
 * of it, which has forgotten the last of them.
 */
const fenceAt = (now: number): number => Math.min(Math.max(now * 1_000, 1), 2 ** 52)

/** What is known of a run. For what reads or writes. */
export function runNamed(connection: Connection, id: string): StoredRun | undefined {
  const row = connection.sql(SQL.run).get(id)
  return row && runOf(row)
}

/** Whether there are leases that were given in what is the future, since the clock was set back. For what reads. */
export const hasEarlyLeases = (connection: Connection, now: number): boolean =>
  connection.sql(SQL.isEarly).get(now) !== undefined

/** Lets such leases begin anew. For what writes. */
export const cutLeases = (connection: Connection, now: number) => void connection.sql(SQL.cut).run(now)

/** Takes a run, as {@link StateStore.acquire} says. For what writes. */
export function acquire(connection: Connection, now: number, run: NewRun, request: LeaseRequest): Acquired {
  connection.sql(SQL.cutOne).run(now, run.id)
  const known = runNamed(connection, run.id)
  if (known === undefined) {
    create(connection, run, now)
    return take(connection, run.id, 0, request, now, true)
  }
  if (known.status === 'running' && known.leaseUntil > now)
    return { fence: known.owner === request.owner ? known.fence : null, created: false, run: known }
  if (request.anew === true) {
    forget(connection, Number(connection.sql(SQL.run).get(run.id)?.['place']))
    create(connection, run, now)
    return take(connection, run.id, 0, request, now, true)
  }
  const isOver = known.endedAt !== undefined || known.status === 'dead'
  if (isOver || known.command === 'pause') return { fence: null, created: false, run: known }
  const crashes = known.status === 'running' ? known.crashes + 1 : known.crashes
  return take(connection, run.id, crashes, request, now, false)
}

function create(connection: Connection, { id, pipeline, data }: NewRun, now: number): void {
  const place = connection.sql(SQL.create).get(id, toText(pipeline), now, now)!['place']!
  connection.sql(SQL.keepData).run(place, toText(data))
}

function take(
  connection: Connection,
  id: string,
  crashes: number,
  { owner, leaseMs, maxCrashes }: LeaseRequest,
  now: number,
  created: boolean,
): Acquired {
  if (crashes > maxCrashes) {
    connection.sql(SQL.bury).run(crashes, now, id)
    return { fence: null, created: false, run: runNamed(connection, id)! }
  }
  const fence = Number(connection.sql(SQL.nextFence).get(fenceAt(now))?.['fence'])
  connection.sql(SQL.take).run(toText(owner), fence, now, leaseEnd(now, leaseMs), crashes, id)
  return { fence, created, run: runNamed(connection, id)! }
}
