import type { Answer, Driver, Row, Statement, Value, Work } from './driver.ts'
import { LruMap } from './lru-map.ts'
import { fieldOf, overSync } from './transactions.ts'

/** What is used of a connection of `node:sqlite` (`DatabaseSync`, Node 22.16 or later). */
export interface NodeSqlite {
  readonly isTransaction: boolean
  exec(sql: string): unknown
  prepare(sql: string): {
    columns(): readonly unknown[]
    setReadBigInts(enabled: boolean): unknown
    setReturnArrays(enabled: boolean): unknown
    all(...parameters: Value[]): unknown[]
    run(...parameters: Value[]): { readonly changes: number | bigint }
  }
}

/** What is used of a connection of `better-sqlite3`. */
export interface BetterSqlite3 {
  readonly inTransaction: boolean
  exec(sql: string): unknown
  prepare(sql: string): {
    readonly reader: boolean
    safeIntegers(enabled: boolean): unknown
    all(...parameters: unknown[]): unknown[]
    run(...parameters: unknown[]): { readonly changes: number }
  }
}

/** Executes a prepared statement. */
type Prepared = (parameters: readonly Value[]) => Answer

/** A connection, whatever its library calls things. */
interface Connection {
  readonly inTransaction: () => boolean
  readonly exec: (sql: string) => void
  readonly prepare: (sql: string) => Prepared
}

const NOTHING: readonly Row[] = []

const nodeConnection = (db: NodeSqlite): Connection => ({
  inTransaction: () => db.isTransaction,
  exec: (sql) => void db.exec(sql),
  prepare: (sql) => {
    const statement = db.prepare(sql)
    // Whatever the user has chosen for the connection.
    statement.setReadBigInts(false)
    statement.setReturnArrays(false)
    if (statement.columns().length === 0)
      return (parameters) => ({ rows: NOTHING, changes: Number(statement.run(...parameters).changes) })
    return (parameters) => ({ rows: statement.all(...parameters) as Row[], changes: 0 })
  },
})

const betterConnection = (db: BetterSqlite3): Connection => ({
  inTransaction: () => db.inTransaction,
  exec: (sql) => void db.exec(sql),
  prepare: (sql) => {
    const statement = db.prepare(sql)
    statement.safeIntegers(false)
    if (!statement.reader) return (parameters) => ({ rows: NOTHING, changes: statement.run(...parameters).changes })
    return (parameters) => ({ rows: statement.all(...parameters) as Row[], changes: 0 })
  },
})

/** How many prepared statements are kept. */
const KEPT = 64

/** How long a call waits for the lock of another process, or for a transaction of the user on this connection, ms; by default. */
const PATIENCE_MS = 5_000
/** Short: who waits for a lock does not queue for it. */
const LONGEST_PAUSE_MS = 20

/** The user's own connection to a SQLite file. Everything that belongs together happens in one turn of the event loop. */
class SqliteDriver implements Driver {
  readonly dialect = 'sqlite'
  readonly #connection: Connection
  readonly #prepared = new LruMap<string, Prepared>(KEPT)

  constructor(connection: Connection) {
    this.#connection = connection
  }

  /** In a transaction of the user it sees what that has written: it is the same connection. */
  read(statement: Statement, within = PATIENCE_MS): Promise<Answer> {
    return this.#patiently(within, () => this.#execute(statement), false)
  }

  write(statement: Statement, within = PATIENCE_MS): Promise<Answer> {
    return this.#patiently(within, () => this.#execute(statement))
  }

  transact<T>(work: Work<T>, within = PATIENCE_MS): Promise<T> {
    return this.#patiently(within, () => {
      this.#connection.exec('BEGIN IMMEDIATE')
      try {
        const done = overSync(work, (statement) => this.#execute(statement))
        this.#connection.exec('COMMIT')
        return done
      } catch (error) {
        // Some failures have rolled back already.
        if (this.#connection.inTransaction()) this.#connection.exec('ROLLBACK')
        throw error
      }
    })
  }

  /** Does it with the connection as it is but for one thing: SQLite itself would wait for a lock with the whole process. */
  #atOnce<T>(attempt: () => T): T {
    const pragma = (sql: string) => this.#execute({ sql, parameters: [] }).rows[0]?.['timeout']
    const timeout = Number(pragma('PRAGMA busy_timeout'))
    if (timeout === 0) return attempt()
    pragma('PRAGMA busy_timeout = 0')
    try {
      return attempt()
    } finally {
      pragma(`PRAGMA busy_timeout = ${timeout}`)
    }
  }

  #execute({ sql, parameters }: Statement): Answer {
    try {
      return this.#prepared.get(sql, this.#connection.prepare)(parameters)
    } catch (error) {
      // The user has closed the connection, and perhaps opened it again: statements of the one before are of no use.
      if (fieldOf(error, 'code') !== 'ERR_INVALID_STATE') throw error
      this.#prepared.clear()
      return this.#prepared.get(sql, this.#connection.prepare)(parameters)
    }
  }

  /**
   * Does it when no other process has the lock, and, if it is `apart`, when the user is in no transaction, which might take
   * it back with itself.
   */
  async #patiently<T>(within: number, attempt: () => T, apart = true): Promise<T> {
    const until = performance.now() + within
    for (let pause = 1; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
      const late = performance.now() >= until
      try {
        if (!apart || !this.#connection.inTransaction()) return this.#atOnce(attempt)
        if (late) throw new Error(`Somebody else had a transaction open on this connection for ${within} ms.`)
      } catch (error) {
        if (late || !isBusy(error)) throw error
      }
      await new Promise((resolve) => setTimeout(resolve, pause))
    }
  }
}

const BUSY = 5
const LOCKED = 6

/** Whether somebody else has the lock. `node:sqlite` says so by a number, the other by a name. */
function isBusy(error: unknown): boolean {
  const [errcode, code] = [fieldOf(error, 'errcode'), fieldOf(error, 'code')]
  // The lowest byte: what follows says more of the same.
  if (typeof errcode === 'number') return [BUSY, LOCKED].includes(errcode & 0xff)
  return typeof code === 'string' && /^SQLITE_(BUSY|LOCKED)/.test(code)
}

export const nodeSqliteDriver = (db: NodeSqlite): Driver => new SqliteDriver(nodeConnection(db))
export const betterSqlite3Driver = (db: BetterSqlite3): Driver => new SqliteDriver(betterConnection(db))
