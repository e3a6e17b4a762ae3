import { driverOf } from '../../src/database.ts'
import type { Driver } from '../../src/drivers/driver.ts'
import { type History, historyIn, migrate } from '../../src/index.ts'
import type { MakeDatabase, TestDatabase } from './databases.ts'

/** A database with the tables of the history. */
export interface TestHistory {
  readonly database: TestDatabase
  readonly driver: Driver
  readonly history: History
}

export async function historyOf(make: MakeDatabase): Promise<TestHistory> {
  const database = await make()
  const { db } = database
  await migrate({ db })
  return { database, driver: driverOf(db, 'a test'), history: historyIn({ db }) }
}

/** All items of a list, page by page. */
export async function allOf<T>(
  page: (after: string | undefined) => Promise<{ readonly items: readonly T[]; readonly next?: string }>,
): Promise<T[]> {
  const all: T[] = []
  let after: string | undefined
  do {
    const { items, next } = await page(after)
    all.push(...items)
    after = next
  } while (after !== undefined)
  return all
}
