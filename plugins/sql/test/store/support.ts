import type { LeaseRequest, NewRun, StateStore } from '@pipe/state'
import { driverOf } from '../../src/database.ts'
import type { Driver, Row } from '../../src/drivers/driver.ts'
import type { Database } from '../../src/index.ts'

let count = 0

/** A run that nobody knows. */
export const aRun = (given: Partial<NewRun> = {}): NewRun => ({
  id: `run-${++count}`,
  pipeline: 'orders',
  data: '{"input":1}',
  ...given,
})

/** Somebody who asks for it. */
export const request = (given: Partial<LeaseRequest> = {}): LeaseRequest => ({
  owner: `owner-${++count}`,
  leaseMs: 60_000,
  maxCrashes: 3,
  ...given,
})

/** A run that has ended. */
export async function ended(store: StateStore, given: Partial<NewRun> = {}): Promise<NewRun> {
  const run = aRun(given)
  const { fence } = await store.acquire(run, request())
  await store.end(run.id, fence!, 'succeeded', '')
  return run
}

/** What of an error is told by the store for anything that passes, or for what does not. */
export const unavailable = { code: 'STORE_UNAVAILABLE' }
export const unfit = { code: 'STORE_UNFIT' }

export const driverFor = (db: Database): Driver => driverOf(db, 'a test')

/** Rows, asked for in words that all dialects have. */
export const select = async (db: Database, sql: string): Promise<readonly Row[]> =>
  (await driverFor(db).read({ sql, parameters: [] })).rows.map((row) => ({ ...row }))

/** Does something in words that all dialects have. */
export async function tell(db: Database, sql: string): Promise<void> {
  await driverFor(db).write({ sql, parameters: [] })
}

/** Waits until `holds`: for what a server does, and tells nobody. A test that waits in vain runs into its time limit. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 5))
}
