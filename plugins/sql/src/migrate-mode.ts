import type { OptionRule } from '@pipe/core'
import { mustKeepTexts } from './charset.ts'
import type { Driver } from './drivers/driver.ts'
import { migrationsOf, type Tables } from './migrations.ts'
import { checkWith, migrateWith } from './schema/migrate.ts'

/**
 * What is done about tables before they are used. `auto`: they are made, or brought up to this version. `check`: nothing is
 * changed, and tables that are missing or older are an error. `off`: nothing.
 */
export type MigrateMode = 'auto' | 'check' | 'off'

const MODES: readonly unknown[] = ['auto', 'check', 'off'] satisfies MigrateMode[]

/** The rule for an option of this type. */
export const migrateModeRule: OptionRule = ["'auto', 'check' or 'off'", (value) => MODES.includes(value)]

/**
 * Does it, and makes sure that texts can be kept.
 *
 * @throws PipelineError `TABLES_MISSING`, with `check`; `DATABASE_FAILED`; else what the client of the database throws
 */
export async function prepare(driver: Driver, prefix: string, tables: Tables, mode: MigrateMode): Promise<void> {
  await mustKeepTexts(driver)
  if (mode === 'auto') await migrateWith(driver, prefix, migrationsOf(tables))
  if (mode === 'check') await checkWith(driver, prefix, migrationsOf(tables))
}
