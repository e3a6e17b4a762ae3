import { invalidOption } from '@pipe/core'
import { guardStore } from './guard-store.ts'
import { Connection } from './sqlite/connection.ts'
import { forgetEnded, forgetOne, sweep } from './sqlite/forget.ts'
import { acquire, cutLeases, hasEarlyLeases, leaseEnd, runNamed } from './sqlite/leases.ts'
import { list } from './sqlite/list.ts'
import { sqliteSettings, type SqliteStoreOptions } from './sqlite/options.ts'
import { commandOf, entryOf, pageOf } from './sqlite/rows.ts'
import { SQL } from './sqlite/statements.ts'
import { toText } from './sqlite/text.ts'
import type { StateStore, StoredStatus } from './store.ts'

/** How many entries a page has at most. */
const PAGE = 1_000

/** Stands before a key that says where a page of entries begins. */
const AFTER = 'after:'

/** How many rows a text is worth: so many characters take as long to write as one more row, roughly. */
const worth = (text = '') => text.length / 4_096

/**
 * A store in one SQLite file, for any number of processes of one machine. It needs no server, and Node 22.16 or later,
 * which brings SQLite along. What a call confirmed survives the end of the process, however it comes.
 *
 * The file must be on a local disk: SQLite locks it, and shares memory between processes, as network file systems cannot.
 * While it is open there are two more files beside it, `-wal` and `-shm`, which belong to it. Who deletes or replaces it
 * under an open store loses what is recorded from then on; `acquire` and `renew` notice, and reject.
 *
 * `watch` tells what was asked through the same store; other processes see it at their next renewal.
 *
 * ```ts
 * const store = sqliteStore({ file: 'runs.db' })
 * ```
 * @throws PipelineError `OPTION_INVALID`. Its methods reject with `STORE_UNAVAILABLE` when the file is locked for longer
 * than `busyTimeoutMs`, cannot be read, or cannot grow; and with `STORE_UNFIT` when it cannot be written, is damaged, is no
 * SQLite database, has tables of another version, or Node has no SQLite that fits
 */
export function sqliteStore(options: SqliteStoreOptions): StateStore {
  const settings = sqliteSettings(options)
  const inMemory = settings.file === ':memory:'
  const connection = new Connection(settings)
  const listeners = new Set<(id: string) => void>()
  // Columns of times hold whole numbers.
  const now = () => Math.floor(settings.clock.now())
  const isSo = (id: string, fence: number, status: StoredStatus) =>
    connection.sql(SQL.isSo).get(id, fence, status) !== undefined

  return guardStore({
    name: 'sqlite',
    durable: !inMemory,
    shared: !inMemory,
    maxValueBytes: 4 * 1024 * 1024,
    open: () => connection.open(),
    close: () => connection.close(),

    acquire: async (run, request) => {
      const [newRun, asked] = [{ ...run }, { ...request }]
      const acquired = await connection.write(
        () => {
          connection.mustBeThere()
          return acquire(connection, now(), newRun, asked)
        },
        1 + worth(run.data),
      )
      if (asked.anew === true && acquired.created) await sweep(connection)
      return acquired
    },

    renew: (id, fence, leaseMs) =>
      connection.write(() => {
        connection.mustBeThere()
        const time = now()
        const row = connection.sql(SQL.renew).get(time, leaseEnd(time, leaseMs), id, fence)
        return row === undefined ? null : commandOf(row)
      }),

    release: (id, fence, as, outcome) => {
      const text = outcome === undefined ? null : toText(outcome)
      return connection.write(
        () => {
          const { changes } = connection.sql(SQL.release).run(as, text, now(), id, fence)
          return changes === 1 || isSo(id, fence, as)
        },
        1 + worth(outcome),
      )
    },

    commit: (id, fence, entries) => {
      const copies = entries.map(({ key, value, final }) => ({ key, value, final }))
      const size = copies.reduce((sum, { value }) => sum + 1 + worth(value), 1)
      return connection.write(() => {
        const lease = connection.sql(SQL.lease).get(id, fence)
        if (lease === undefined) return false
        const { place, updated_at } = lease
        const time = now()
        // Writing the run costs as much as an entry: once in a millisecond is enough.
        if (updated_at !== time) connection.sql(SQL.touch).run(time, place!)
        for (const { key, value, final } of copies) {
          connection.sql(SQL.putEntry).run(place!, toText(key), final ? 1 : 0, toText(value))
        }
        return true
      }, size)
    },

    end: (id, fence, as, outcome) =>
      connection.write(
        () => {
          const time = now()
          const { changes } = connection.sql(SQL.end).run(as, toText(outcome), time, time, id, fence)
          return changes === 1 || isSo(id, fence, as)
        },
        1 + worth(outcome),
      ),

    get: (id) => connection.read(() => runNamed(connection, id)),

    entries: async (id, after = AFTER) => {
      if (!after.startsWith(AFTER)) {
        const site = { owner: 'entries() of the sqlite store' }
        throw invalidOption(site, after, 'the `next` of a page of entries()', 'after')
      }
      return await connection.read(() => {
        const rows = connection.sql(SQL.entries).iterate(id, after.slice(AFTER.length))
        return pageOf(
          rows,
          PAGE,
          entryOf,
          ({ key, value }) => key.length + value.length,
          ({ key }) => AFTER + String(key),
        )
      })
    },

    list: async (filter, limit, after) => {
      const look = () => list(connection, now(), filter, limit, after)
      const page = await connection.read(() => (hasEarlyLeases(connection, now()) ? undefined : look()))
      if (page !== undefined) return page
      await connection.write(() => cutLeases(connection, now()))
      return await connection.read(look)
    },

    command: async (id, command, reason) => {
      const text = reason === undefined ? null : toText(reason)
      const [changed, run] = await connection.write(() => {
        const { changes } = connection.sql(SQL.command).run(command, text, now(), id)
        return [changes === 1, runNamed(connection, id)] as const
      })
      if (changed) for (const listener of listeners) queueMicrotask(() => listener(id))
      return run
    },

    revive: (id) =>
      connection.write(() => {
        connection.sql(SQL.revive).run(now(), id)
        return runNamed(connection, id)
      }),

    delete: async (id) => {
      const run = await connection.write(() => forgetOne(connection, id))
      if (run === undefined) await sweep(connection)
      return run
    },

    purge: async (statuses, before, limit) => {
      const wanted = [...statuses]
      const forgotten = await connection.write(() => forgetEnded(connection, wanted, before, limit))
      await sweep(connection)
      return forgotten
    },

    now: () => Promise.resolve(now()),

    watch: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  })
}
