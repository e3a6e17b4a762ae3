import { PipelineError } from '@pipe/core'
import type { Answer, Driver, Statement } from '../drivers/driver.ts'
import { isTableMissing } from '../failure.ts'
import { ledgerOf } from './ledger.ts'
import type { Migration } from './migration.ts'

/** Does what is missing of `migrations`; safe when any number of processes do so at once. Answers what it did. */
export async function migrateWith(
  driver: Driver,
  prefix: string,
  migrations: readonly Migration[],
): Promise<readonly string[]> {
  // Often there is nothing to do, and the user may read and no more.
  if ((await missing(driver, prefix, migrations)).length === 0) return []
  const { dialect } = driver
  const ledger = ledgerOf(dialect, prefix)
  const [lock, unlock] = locks(driver, prefix)

  return await driver.transact(function* () {
    if (lock !== undefined) mustBeLocked(yield lock)
    try {
      yield ledger.create
      const done = namesIn(yield ledger.done)
      const wanted = migrations.filter(({ name }) => !done.has(name))
      for (const { name, statements } of wanted) {
        for (const sql of statements(dialect, prefix)) yield { sql, parameters: [] }
        yield ledger.add(name, Date.now())
      }
      return wanted.map(({ name }) => name)
    } finally {
      if (unlock !== undefined) yield unlock
    }
  })
}

/**
 * Makes sure that all of `migrations` were done.
 *
 * @throws PipelineError `TABLES_MISSING`
 */
export async function checkWith(driver: Driver, prefix: string, migrations: readonly Migration[]): Promise<void> {
  const names = await missing(driver, prefix, migrations)
  if (names.length === 0) return
  const message = `The database lacks the migrations ${names.join(', ')}. Call migrate() of @pipe/sql when you deploy, execute what migrationSql() returns, or use \`migrate: 'auto'\`.`
  throw new PipelineError('TABLES_MISSING', message, { plugin: 'sql' })
}

/** The names of those that were not done. */
async function missing(driver: Driver, prefix: string, migrations: readonly Migration[]): Promise<readonly string[]> {
  const answer = await driver.read(ledgerOf(driver.dialect, prefix).done).catch((error: unknown) => {
    if (isTableMissing(error)) return undefined
    throw error
  })
  const done = answer === undefined ? new Set() : namesIn(answer)
  return migrations.map(({ name }) => name).filter((name) => !done.has(name))
}

const namesIn = ({ rows }: Answer) => new Set(rows.map(({ name }) => String(name)))

/** How long one process waits for another that migrates, s. */
const PATIENCE_S = 60

/** What keeps other processes out: in SQLite the transaction does. In PostgreSQL its end is the end of the lock. */
function locks({ dialect }: Driver, prefix: string): readonly [lock?: Statement, unlock?: Statement] {
  if (dialect === 'sqlite') return []
  if (dialect === 'postgres')
    return [{ sql: `SELECT pg_advisory_xact_lock(hashtext('pipe_migrations'), hashtext($1))`, parameters: [prefix] }]
  // The name of a lock is known to all databases of the server, and has at most 64 characters.
  const name = `CONCAT('pipe_migrations:', SHA1(CONCAT(DATABASE(), ':', ?)))`
  return [
    { sql: `SELECT GET_LOCK(${name}, ${PATIENCE_S}) AS locked`, parameters: [prefix] },
    { sql: `SELECT RELEASE_LOCK(${name})`, parameters: [prefix] },
  ]
}

function mustBeLocked({ rows }: Answer): void {
  // PostgreSQL answers with nothing, and waits.
  const { locked = 1 } = rows[0] ?? {}
  if (Number(locked) !== 1) throw new Error(`Another process has been migrating these tables for ${PATIENCE_S} s.`)
}
