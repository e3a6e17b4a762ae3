import type { EndStatus, StoredRun } from '@pipe/state'
import type { Row, Work } from '../drivers/driver.ts'
import { look } from './acquire.ts'
import { type Language, template } from './language.ts'
import { endedSql, padded, REMOVED_AT_ONCE, RUNS_AT_ONCE, type Statements, type StoreTables } from './statements.ts'
import type { StoreDatabase } from './store-database.ts'

/**
 * Forgets runs that are locked, and puts their entries where nobody sees them: there may be so many that to delete them
 * would hold up others. {@link Sweeper} does.
 */
function* forget(sql: Statements, locked: readonly Row[]) {
  const ids = padded(locked.map(({ id }) => String(id)))
  yield sql.raiseFence(Math.max(...locked.map(({ fence }) => Number(fence))))
  yield sql.toTrash(...ids)
  yield sql.forget(...ids)
}

/** Forgets a run that has ended, as `StateStore.delete` says. */
export async function forgetOne(database: StoreDatabase, sql: Statements, id: string): Promise<StoredRun | undefined> {
  for (;;) {
    const isForgotten = await database.transact(function* () {
      const { rows } = yield sql.ended(id)
      if (rows.length > 0) yield* forget(sql, rows)
      return rows.length > 0
    })
    if (isForgotten) return undefined
    const run = (await look(database, sql, id))?.run
    // It may have ended since.
    if (run?.endedAt === undefined) return run
  }
}

/** Forgets runs that have ended, as `StateStore.purge` says: some of them at a time, each as a whole. */
export async function forgetEnded(
  database: StoreDatabase,
  language: Language,
  tables: StoreTables,
  sql: Statements,
  statuses: readonly EndStatus[],
  before: number,
  limit: number,
): Promise<number> {
  const wanted = [...new Set(statuses)]
  if (wanted.length === 0) return 0
  const lock = sql.endedOf(wanted)
  let forgotten = 0
  while (forgotten < limit) {
    const some = Math.min(RUNS_AT_ONCE, limit - forgotten)
    const find = template(language, endedSql(wanted, tables, some))
    const { rows: found } = await database.read(find(...wanted.map(() => before)))
    if (found.length === 0) break
    const ids = padded(found.map(({ id }) => String(id)))
    const forgetSome: Work<number> = function* () {
      // Whoever purges too may have been here since.
      const { rows } = yield lock(...ids, before)
      if (rows.length > 0) yield* forget(sql, rows)
      return rows.length
    }
    forgotten += await database.transact(forgetSome)
    if (found.length < some) break
  }
  return forgotten
}

/** Deletes the entries of runs that were forgotten. */
export class Sweeper {
  readonly #database: StoreDatabase
  readonly #sql: Statements
  #sweeping: Promise<void> | undefined
  #isStopped = false

  constructor(database: StoreDatabase, sql: Statements) {
    this.#database = database
    this.#sql = sql
  }

  /**
   * Deletes what there is little by little; also what was left when a process ended. Resolves when nothing is left, and
   * never rejects: what is left is deleted the next time.
   */
  wake(): Promise<void> {
    this.#sweeping ??= this.#sweep()
      .catch(() => undefined) // nobody misses what was to be deleted
      .finally(() => (this.#sweeping = undefined))
    return this.#sweeping
  }

  /** Resolves when nothing is being deleted any more. */
  async stop(): Promise<void> {
    this.#isStopped = true
    await this.#sweeping
  }

  async #sweep(): Promise<void> {
    while (!this.#isStopped) {
      const { rows } = await this.#database.read(this.#sql.inTrash())
      if (rows.length === 0) return
      for (const { born, run_id } of rows) await this.#remove(Number(born), String(run_id))
    }
  }

  /** Removes the entries of one life of a run. After each piece others have a turn. */
  async #remove(born: number, id: string): Promise<void> {
    while (!this.#isStopped) {
      const { changes } = await this.#database.write(this.#sql.removeEntries(born, id))
      if (changes < REMOVED_AT_ONCE) {
        await this.#database.write(this.#sql.outOfTrash(born, id))
        return
      }
      if (this.#database.dialect === 'sqlite') await new Promise((resolve) => setImmediate(resolve))
    }
  }
}
