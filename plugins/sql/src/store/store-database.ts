import type { Answer, Dialect, Driver, Statement, Work } from '../drivers/driver.ts'
import { limited } from '../drivers/limited.ts'
import { storeFailureOf } from './store-failure.ts'
import { Together } from './together.ts'

/**
 * The database, as the store uses it. All reject with `STORE_UNAVAILABLE` or `STORE_UNFIT`, and none takes longer than is
 * waited.
 */
export interface StoreDatabase {
  readonly dialect: Dialect
  /** Executes a statement that only reads. */
  readonly read: (statement: Statement) => Promise<Answer>
  /** Executes a statement by itself. */
  readonly write: (statement: Statement) => Promise<Answer>
  /** Does all of it in one transaction. */
  readonly transact: <T>(work: Work<T>) => Promise<T>
  /** Does anything else with the driver, whose calls are waited for as long. */
  readonly by: <T>(use: (driver: Driver) => Promise<T>) => Promise<T>
}

/** The database behind a driver. An answer is waited for so many ms; with SQLite, a lock. */
export function storeDatabaseOf(unlimited: Driver, timeout: number): StoreDatabase {
  const driver = limited(unlimited, timeout)
  const { dialect } = driver
  const by = async <T>(use: (driver: Driver) => Promise<T>): Promise<T> => {
    try {
      return await use(driver)
    } catch (error) {
      throw storeFailureOf(dialect, error)
    }
  }
  const read = (statement: Statement) => by(() => driver.read(statement))
  if (dialect !== 'sqlite') {
    return {
      dialect,
      read,
      write: (statement) => by(() => driver.write(statement)),
      transact: (work) => by(() => driver.transact(work)),
      by,
    }
  }
  const together = new Together(driver, timeout)
  const transact = <T>(work: Work<T>) => by(() => together.transact(work))
  return { dialect, read, write: (statement) => transact(alone(statement)), transact, by }
}

const alone = (statement: Statement): Work<Answer> =>
  function* () {
    return yield statement
  }
