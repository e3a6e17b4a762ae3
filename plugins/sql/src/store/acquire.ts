import type { Acquired, LeaseRequest, NewRun, StoredRun } from '@pipe/state'
import type { Row, Statement, Value, Work } from '../drivers/driver.ts'
import { cutLease } from './cut-leases.ts'
import { runOf } from './rows.ts'
import type { Statements } from './statements.ts'
import type { StoreDatabase } from './store-database.ts'
import { isDuplicate } from './store-failure.ts'
import { toText } from './text.ts'

/** A run as it was looked at. */
interface Seen {
  readonly run: StoredRun
  /** The fence that it had when it was created, or last began anew. */
  readonly born: number
  /** When its lease was given or renewed. */
  readonly leasedAt: number
  /** The time of the store when it was looked at. */
  readonly askedAt: number
}

const seenOf = (row: Row): Seen => ({
  run: runOf(row),
  born: Number(row['born']),
  leasedAt: Number(row['leased_at']),
  askedAt: Number(row['asked_at']),
})

/** What is known of a run. */
export async function look(database: StoreDatabase, sql: Statements, id: string): Promise<Seen | undefined> {
  const [row] = (await database.read(sql.run(id))).rows
  return row && seenOf(row)
}

/**
 * Takes a run, as `StateStore.acquire` says: looks at it, decides, and changes it if it is still as it was. Otherwise
 * somebody else has changed it, and it is looked at again.
 */
export async function acquire(
  database: StoreDatabase,
  sql: Statements,
  newRun: NewRun,
  request: LeaseRequest,
): Promise<Acquired> {
  for (;;) {
    const seen = await look(database, sql, newRun.id)
    if (seen !== undefined && isEarly(seen) && (await cutLease(database, sql, newRun.id))) continue
    if (seen === undefined || (request.anew === true && !isHeld(seen))) {
      const run = await (seen === undefined
        ? create(database, sql, newRun, request)
        : database.transact(beginAnew(sql, seen, newRun, request)))
      if (run !== undefined) return { fence: run.fence, created: true, run }
      continue
    }
    const { run } = seen
    if (isHeld(seen)) return { fence: run.owner === request.owner ? run.fence : null, created: false, run }
    const isOver = run.endedAt !== undefined || run.status === 'dead'
    if (isOver || run.command === 'pause') return { fence: null, created: false, run }
    const crashes = run.status === 'running' ? run.crashes + 1 : run.crashes
    const isDead = crashes > request.maxCrashes
    const change = isDead
      ? sql.bury(crashes, ...asSeen(seen))
      : sql.take(toText(request.owner), request.leaseMs, crashes, ...asSeen(seen))
    const changed = await changeRun(database, sql, run.id, change)
    if (changed !== undefined) return { fence: isDead ? null : changed.fence, created: false, run: changed }
  }
}

/** The run that a statement has changed, as it was then; `undefined` when it has changed none. */
async function changeRun(
  database: StoreDatabase,
  sql: Statements,
  id: string,
  change: Statement,
): Promise<StoredRun | undefined> {
  if (database.dialect !== 'mysql') {
    const [row] = (await database.write(change)).rows
    return row && runOf(row)
  }
  return await changeAndRead(database, sql, id, change)
}

/**
 * The same for a change of a run whatever it is now: it may have waited for who begins the run anew, and servers then still
 * read what belongs to the run as it was before. So that is read by itself, while the run is locked.
 */
export const changeAndRead = (
  database: StoreDatabase,
  sql: Statements,
  id: string,
  change: Statement,
): Promise<StoredRun | undefined> =>
  database.transact(function* () {
    const { changes, rows } = yield change
    return changes === 0 && rows.length === 0 ? undefined : runOf((yield sql.run(id)).rows[0]!)
  })

const isHeld = ({ run, askedAt }: Seen) => run.status === 'running' && run.leaseUntil > askedAt

const isEarly = ({ run, leasedAt, askedAt }: Seen) => run.status === 'running' && leasedAt > askedAt

const asSeen = ({ run: { id, fence, status, leaseUntil, command }, born }: Seen): Value[] => [
  id,
  born,
  fence,
  status,
  leaseUntil,
  command,
]

/** The run that it made; `undefined` when there is one. */
async function create(
  database: StoreDatabase,
  sql: Statements,
  { id, pipeline, data }: NewRun,
  { owner, leaseMs }: LeaseRequest,
): Promise<StoredRun | undefined> {
  const values = [id, toText(pipeline), toText(owner), leaseMs] as const
  const text = toText(data)
  if (database.dialect === 'postgres') {
    const [row] = (await database.write(sql.createWhole(...values, text.length, text))).rows
    return row && runOf(row, data)
  }
  return await database.transact(function* () {
    try {
      yield sql.create(...values)
    } catch (error) {
      if (isDuplicate(error)) return undefined
      throw error
    }
    yield sql.keepData(text.length, text, id)
    return runOf((yield sql.run(id)).rows[0]!)
  })
}

/** Begins a run anew that is still as it was; `undefined` otherwise. */
const beginAnew = (
  sql: Statements,
  seen: Seen,
  { id, pipeline, data }: NewRun,
  { owner, leaseMs }: LeaseRequest,
): Work<StoredRun | undefined> =>
  function* () {
    if ((yield sql.asSeen(...asSeen(seen))).rows.length === 0) return undefined
    yield sql.oneToTrash(seen.born, id)
    yield sql.beginAnew(toText(pipeline), toText(owner), leaseMs, id)
    const text = toText(data)
    yield sql.keepData(text.length, text, id)
    return runOf((yield sql.run(id)).rows[0]!)
  }
