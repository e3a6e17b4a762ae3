import { checkOptions, type Duration, type OptionRules, toMs } from '@pipe/core'
import { type Database, driverOf } from '../database.ts'
import type { Driver } from '../drivers/driver.ts'
import { type MigrateMode, migrateModeRule } from '../migrate-mode.ts'
import { prefixRule } from '../migrations.ts'

/** What `sqlStore()` takes. */
export interface SqlStoreOptions {
  /**
   * The database. It stays the user's: the store neither connects nor closes it, and does not mind what else it is used for.
   */
  readonly db: Database
  /**
   * What the names of tables begin with: a lower-case letter, then up to 29 of these, digits and `_`. Stores with different
   * prefixes know nothing of each other. Default: nothing.
   */
  readonly prefix?: string
  /**
   * What `open` does about the tables. `auto` makes them, or brings them up to this version; `check` rejects when they are
   * missing or older; `off` does nothing. Default `auto`.
   */
  readonly migrate?: MigrateMode
  /**
   * How long an answer of the database is waited for, 1 ms to a day; with SQLite, for a lock. A call that waits longer
   * rejects with `STORE_UNAVAILABLE`, and its connection is closed; a server may yet do what it was asked. Default `'10s'`.
   */
  readonly timeout?: Duration
}

/** Complete options, in milliseconds. */
export interface SqlStoreSettings {
  readonly db: Database
  readonly driver: Driver
  readonly prefix: string
  readonly migrate: MigrateMode
  readonly timeout: number
}

/**
 * The options, checked and complete.
 *
 * @throws PipelineError `OPTION_INVALID`
 */
export function sqlStoreSettings(options: SqlStoreOptions): SqlStoreSettings {
  const owner = 'sqlStore()'
  const given = checkOptions(options, RULES, { owner, plugin: 'sql' })
  const { db, prefix = '', migrate = 'auto', timeout = '10s' } = given
  return { db, driver: driverOf(db, owner), prefix, migrate, timeout: toMs(timeout) }
}

const DAY = 86_400_000

const isTimeout = (value: unknown) => {
  try {
    const ms = toMs(value as Duration)
    return ms >= 1 && ms <= DAY
  } catch {
    return false
  }
}

const RULES: OptionRules<SqlStoreOptions> = {
  db: ['a database', () => true], // driverOf() knows
  prefix: prefixRule,
  migrate: migrateModeRule,
  timeout: ["milliseconds from 1 to a day, or a string such as '5s'", isTimeout],
}
