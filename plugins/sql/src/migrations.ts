import { checkOptions, invalidOption, type OptionRule, type OptionRules } from '@pipe/core'
import { type Database, driverOf } from './database.ts'
import type { Dialect } from './drivers/driver.ts'
import { failureOf } from './failure.ts'
import { historyMigrations } from './schema/history-tables.ts'
import { ledgerOf } from './schema/ledger.ts'
import { migrateWith } from './schema/migrate.ts'
import type { Migration } from './schema/migration.ts'
import { storeMigrations } from './schema/store-tables.ts'

/** Which tables: those of the history, or those of the store of runs. */
export type Tables = 'history' | 'store'

/** What `migrate()` takes. */
export interface MigrateOptions {
  /** The database, through a client whose user may make tables. It stays yours. */
  readonly db: Database
  /** Default `history`. */
  readonly tables?: Tables
  /** What the names of tables begin with: a lower-case letter, then up to 29 of these, digits and `_`. Default: nothing. */
  readonly prefix?: string
}

/** What `migrationSql()` takes. */
export interface MigrationSqlOptions extends Omit<MigrateOptions, 'db'> {
  /** `mysql` stands for MariaDB too. */
  readonly dialect: Dialect
}

const MIGRATIONS: Readonly<Record<Tables, readonly Migration[]>> = {
  history: historyMigrations,
  store: storeMigrations,
}

export const migrationsOf = (tables: Tables): readonly Migration[] => MIGRATIONS[tables]

/**
 * Makes the tables, or brings them up to this version: for a deployment, by a user who may. Does nothing when that was
 * done, and is safe when any number of processes do it at once. `tracker()` and `sqlStore()` do it themselves unless told
 * otherwise (`migrate: 'check'`).
 *
 * @returns the names of the migrations it did
 * @throws PipelineError `OPTION_INVALID`, `DATABASE_FAILED`
 */
export async function migrate(options: MigrateOptions): Promise<readonly string[]> {
  const { db, tables = 'history', prefix = '' } = checkOptions(options, RULES, { owner: 'migrate()', plugin: 'sql' })
  const driver = driverOf(db, 'migrate()')
  try {
    return await migrateWith(driver, prefix, MIGRATIONS[tables])
  } catch (error) {
    throw failureOf(error)
  }
}

/**
 * The statements of all migrations as one text, for a tool of your own: what `migrate()` does to an empty database. It may
 * be executed again: what is there stays as it is.
 *
 * @throws PipelineError `OPTION_INVALID`
 */
export function migrationSql(options: MigrationSqlOptions): string {
  const site = { owner: 'migrationSql()', plugin: 'sql' }
  const { dialect, tables = 'history', prefix = '' } = checkOptions(options, SQL_RULES, site)
  // A plain call from JavaScript may leave it out.
  if (!isDialect(dialect)) throw invalidOption(site, dialect, SQL_RULES.dialect[0], 'dialect')
  const ledger = ledgerOf(dialect, prefix)
  const done = MIGRATIONS[tables].flatMap(({ name, statements }) => [
    ...statements(dialect, prefix),
    ledger.addOnce(name),
  ])
  return [ledger.create.sql, ...done].map((sql) => `${sql};\n`).join('\n')
}

const isDialect = (value: unknown): value is Dialect => ['postgres', 'mysql', 'sqlite'].includes(String(value))

export const prefixRule: OptionRule = [
  'empty, or a lower-case letter followed by at most 29 lower-case letters, digits and _',
  (value) => typeof value === 'string' && /^([a-z][a-z0-9_]{0,29})?$/.test(value),
]
const tablesRule: OptionRule = ["'history' or 'store'", (value) => value === 'history' || value === 'store']

const RULES: OptionRules<MigrateOptions> = {
  db: ['a database', () => true], // driverOf() knows
  tables: tablesRule,
  prefix: prefixRule,
}
const SQL_RULES: OptionRules<MigrationSqlOptions> = {
  dialect: ["'postgres', 'mysql' (MariaDB too) or 'sqlite'", isDialect],
  tables: tablesRule,
  prefix: prefixRule,
}
