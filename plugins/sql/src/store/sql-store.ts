import { guardStore, type StateStore, type StoredRun, type StoredStatus } from '@pipe/state'
import type { Statement } from '../drivers/driver.ts'
import { prepare } from '../migrate-mode.ts'
import { acquire, changeAndRead, look } from './acquire.ts'
import { commitOf } from './commit.ts'
import { cutLeases } from './cut-leases.ts'
import { MAX_VALUE_BYTES, mustFit, placeOf } from './fitness.ts'
import { forgetEnded, forgetOne, Sweeper } from './forget.ts'
import { type Language, languageOf } from './language.ts'
import { type SqlStoreOptions, type SqlStoreSettings, sqlStoreSettings } from './options.ts'
import { pagesOf } from './pages.ts'
import { renewAsked } from './renew.ts'
import { requestOf } from './rows.ts'
import { statementsOf, tablesOf } from './statements.ts'
import { storeDatabaseOf } from './store-database.ts'
import { toText } from './text.ts'

/**
 * Keeps runs in an SQL database: PostgreSQL, MySQL, MariaDB or SQLite, by the client that the application has already.
 * They are durable as far as the database is, and shared by all processes that use the same database and `prefix`.
 *
 * Time is that of the server; with SQLite, of the machine. Nothing is asked again after a failure, but for deadlocks: that is
 * the business of `durable()`. `watch` tells what was asked through the same store; other processes see it at their next
 * renewal.
 *
 * ```ts
 * const store = sqlStore({ db: new Pool({ connectionString: 'postgres://localhost/shop' }) })
 * ```
 * @throws PipelineError `OPTION_INVALID`. Its methods reject with `STORE_UNAVAILABLE` when the database does not answer in
 * time, or cannot do now what it is asked; and with `STORE_UNFIT` when it will not, whoever waits: tables are missing or are
 * not those of this version, the user has no rights
 */
export function sqlStore(options: SqlStoreOptions): StateStore {
  const settings = sqlStoreSettings(options)
  return storeOn(settings, languageOf(settings.driver.dialect))
}

/** A store that speaks so. */
export function storeOn({ db, driver, prefix, migrate, timeout }: SqlStoreSettings, language: Language): StateStore {
  const { dialect } = driver
  const tables = tablesOf(prefix)
  const database = storeDatabaseOf(driver, timeout)
  const sql = statementsOf(language, tables)
  const pages = pagesOf(database, language, tables)
  const sweeper = new Sweeper(database, sql)
  // Each call of `watch` has an object of its own: the same function may be given twice.
  const listeners = new Set<{ readonly listener: (id: string) => void }>()
  /** Changes a run if it can be changed, and answers with it, and with whether it was. */
  const changeIf = async (id: string, change: Statement, canBe: (run: StoredRun) => boolean) => {
    for (;;) {
      const changed = await changeAndRead(database, sql, id, change)
      if (changed !== undefined) return [changed, true] as const
      const run = await runNamed(id)
      // Of one that has come to be so since, it would not be the truth that it cannot be changed.
      if (run === undefined || !canBe(run)) return [run, false] as const
    }
  }
  const runNamed = async (id: string) => (await look(database, sql, id))?.run
  const isSo = async (id: string, fence: number, status: StoredStatus) =>
    (await database.read(sql.isSo(id, fence, status))).rows.length === 1

  return guardStore({
    name: dialect,
    ...placeOf(db),
    maxValueBytes: MAX_VALUE_BYTES,
    open: async () => {
      await database.by((limited) => prepare(limited, prefix, 'store', migrate))
      await mustFit(database)
    },
    close: async () => {
      listeners.clear()
      await sweeper.stop()
    },

    acquire: async (run, request) => {
      const asked = { ...request }
      const acquired = await acquire(database, sql, { ...run }, asked)
      // Nobody waits for it.
      if (asked.anew === true && acquired.created) void sweeper.wake()
      return acquired
    },
    renew: async (id, fence, leaseMs) => {
      if (dialect === 'mysql') return await renewAsked(database, sql, id, fence, leaseMs)
      const [row] = (await database.write(sql.renew(leaseMs, id, fence))).rows
      return row === undefined ? null : requestOf(row)
    },
    release: async (id, fence, as, outcome) => {
      const text = outcome === undefined ? null : toText(outcome)
      const { changes } = await database.write(sql.release(as, text, id, fence))
      return changes > 0 || (await isSo(id, fence, as))
    },
    commit: commitOf(database, language, tables),
    end: async (id, fence, as, outcome) => {
      const { changes } = await database.write(sql.end(as, toText(outcome), id, fence))
      return changes > 0 || (await isSo(id, fence, as))
    },

    get: runNamed,
    entries: pages.entries,
    list: async (filter, limit, after) => {
      await cutLeases(database, sql)
      return await pages.list(filter, limit, after)
    },

    command: async (id, command, reason) => {
      const change = sql.command(command, reason === undefined ? null : toText(reason), id)
      const isOpen = ({ endedAt, command }: StoredRun) => endedAt === undefined && command !== 'cancel'
      const [run, isChanged] = await changeIf(id, change, isOpen)
      if (isChanged) for (const { listener } of listeners) queueMicrotask(() => listener(id))
      return run
    },
    revive: async (id) => (await changeIf(id, sql.revive(id), ({ status }) => status === 'dead'))[0],
    delete: async (id) => {
      const run = await forgetOne(database, sql, id)
      if (run === undefined) await sweeper.wake()
      return run
    },
    purge: async (statuses, before, limit) => {
      const forgotten = await forgetEnded(database, language, tables, sql, [...statuses], before, limit)
      await sweeper.wake()
      return forgotten
    },
    now: async () => Number((await database.read(sql.now())).rows[0]?.['asked_at']),

    watch: (listener) => {
      const one = { listener }
      listeners.add(one)
      return () => void listeners.delete(one)
    },
  })
}
