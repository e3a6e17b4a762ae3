import type { Answer, Dialect, Driver, Statement, Work } from '../drivers/driver.ts'
import { Together } from './together.ts'
import { storeFailureOf, unavailable } from './store-failure.ts'

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
  /** Does anything else with it, and waits as long. */
  readonly inTime: <T>(ask: () => Promise<T>) => Promise<T>
}

/** The database behind a driver. An answer is waited for so many ms. */
export function storeDatabaseOf(driver: Driver, timeout: number): StoreDatabase {
  const { dialect } = driver
  const inTime = <T>(ask: () => Promise<T>) =>
    new Promise<T>((resolve, reject) => {
      const late = () => reject(unavailable(dialect, `there is no answer after ${timeout} ms.`))
      const timer = setTimeout(late, timeout)
      ask()
        .then(resolve, (error: unknown) => reject(storeFailureOf(dialect, error)))
        .finally(() => clearTimeout(timer))
    })
  const read = (statement: Statement) => inTime(() => driver.read(statement))
  if (dialect !== 'sqlite') {
    return {
      dialect,
      read,
      write: (statement) => inTime(() => driver.write(statement)),
      transact: (work) => inTime(() => driver.transact(work)),
      inTime,
    }
  }
  const together = new Together(driver)
  const transact = <T>(work: Work<T>) => inTime(() => together.transact(work))
  return { dialect, read, write: (statement) => transact(alone(statement)), transact, inTime }
}

const alone = (statement: Statement): Work<Answer> =>
  function* () {
    return yield statement
  }
