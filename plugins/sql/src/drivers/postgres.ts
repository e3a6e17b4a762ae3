import { createHash } from 'node:crypto'
import { type Call, inTime } from './call.ts'
import type { Answer, Driver, Row, Statement, Value, Work } from './driver.ts'
import { again, fieldOf, overAsync } from './transactions.ts'

/** What is used of a client in a pool of `pg`. */
export interface PgClient {
  /** The process of the server that answers it. */
  readonly processID?: number | null
  query(statement: string | PgStatement): Promise<PgResult>
  on(event: 'error', listener: () => void): unknown
  removeListener(event: 'error', listener: () => void): unknown
}

interface PgResult {
  readonly rows: unknown[]
  readonly rowCount?: number | null
}

/** How values become what JavaScript has, by the number of their type. */
interface PgTypes {
  getTypeParser(type: number): (text: string) => Value
}

/** A statement. With a name, the server knows it once it was executed on a connection. */
interface PgStatement {
  readonly name?: string
  readonly text: string
  readonly values: unknown[]
  readonly types: PgTypes
}

/** What is used of a `Pool` of `pg`. */
export interface PgPool {
  readonly totalCount: number
  query(sql: string, parameters?: unknown[]): Promise<PgResult>
  connect(
    callback: (error: Error | undefined, client: PgClient | undefined, release: (destroy?: boolean) => void) => void,
  ): void
}

/** What is used of a PGlite. */
export interface Pglite {
  readonly waitReady: Promise<void>
  query(
    sql: string,
    parameters?: unknown[],
    options?: { readonly parsers: typeof parsers },
  ): Promise<{ readonly rows: unknown[]; readonly affectedRows?: number }>
  transaction<T>(work: (tx: Pick<Pglite, 'query'>) => Promise<T>): Promise<T>
}

const [INTEGER, DOUBLE] = [23, 701]
const isNumber = (type: number) => type === INTEGER || type === DOUBLE

/** The user may have others for all connections: decimals, dates, whole numbers of 64 bits. */
const types: PgTypes = { getTypeParser: (type) => (isNumber(type) ? Number : String) }
const parsers = { [INTEGER]: Number, [DOUBLE]: Number, 25: String }

/** Serialization failure, deadlock, lock not available: the same may succeed when it is done again. */
const AGAIN = ['40001', '40P01', '55P03']
const isAgain = (error: unknown) => AGAIN.includes(String(fieldOf(error, 'code')))

const ignore = () => undefined

/** A name that the connection does not know, or knows already: a pooler in front gives us others' connections. */
const MISNAMED = ['26000', '42P05']
const isMisnamed = (error: unknown) => MISNAMED.includes(String(fieldOf(error, 'code')))

const names = new Map<string, string>()

/** The name of a statement: the same for the same text, in whatever process. */
function nameOf(sql: string): string {
  let name = names.get(sql)
  if (name === undefined) names.set(sql, (name = `pipe_${createHash('sha1').update(sql).digest('hex').slice(0, 24)}`))
  return name
}

const statementOf = ({ sql, parameters }: Statement): PgStatement => ({ text: sql, values: [...parameters], types })

const answerOf = ({ rows, rowCount }: PgResult): Answer => ({ rows: rows as Row[], changes: rowCount ?? 0 })

/** A client that a call has of the pool. It is given back once, however often that is said. */
interface Taken {
  readonly send: (statement: string | PgStatement) => Promise<PgResult>
  readonly giveBack: () => void
  readonly destroy: () => void
}

/**
 * Takes a client. What ends its connection between two statements ends the process when nobody listens: whoever has the
 * client does so, from the turn in which he gets it. The next statement says so too.
 */
const take = (pool: PgPool, call: Call): Promise<Taken> =>
  new Promise((resolve, reject) => {
    pool.connect((error, client, release) => {
      if (client === undefined) return reject(error!)
      if (call.isOver) return release()
      client.on('error', ignore)
      let isTaken = true
      let last = ''
      const giveBack = (destroy: boolean) => {
        if (!isTaken) return
        isTaken = false
        client.removeListener('error', ignore)
        release(destroy)
      }
      call.holds(() => {
        giveBack(true)
        cancel(pool, client.processID ?? 0, last)
      })
      resolve({
        send: (statement) => {
          last = typeof statement === 'string' ? statement : statement.text
          return client.query(statement)
        },
        giveBack: () => giveBack(false),
        destroy: () => giveBack(true),
      })
    })
  })

/**
 * Has the server end a statement whose client is gone: it does not look while it waits for a lock, and takes no more than so
 * many clients. A pooler in between may have another number of the process than the server: the statement must be the same.
 */
function cancel(pool: PgPool, process: number, sql: string): void {
  const running = `pid = $1 AND usename = current_user AND state = 'active' AND left(query, 90) = left($2, 90)`
  // What cannot be ended ends by itself.
  pool
    .query(`SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE ${running}`, [process, sql])
    .catch(() => undefined)
}

export function pgDriver(pool: PgPool): Driver {
  const once = async <T>(work: Work<T>, call: Call): Promise<T> => {
    const { send, giveBack, destroy } = await take(pool, call)
    try {
      // Who has waited for a lock sees what was done meanwhile, whatever is usual on this server.
      await send('BEGIN ISOLATION LEVEL READ COMMITTED')
      const done = await overAsync(work, async (statement) => answerOf(await send(statementOf(statement))))
      await send('COMMIT')
      giveBack()
      return done
    } catch (error) {
      // A connection that cannot even roll back is not given back to the pool.
      await send('ROLLBACK').then(giveBack, destroy)
      throw error
    }
  }
  /** As `query` of the pool does: a connection on which anything failed is not used again. */
  const alone = async (call: Call, statement: PgStatement): Promise<Answer> => {
    const { send, giveBack, destroy } = await take(pool, call)
    try {
      const answer = answerOf(await send(statement))
      giveBack()
      return answer
    } catch (error) {
      destroy()
      throw error
    }
  }
  let mayName = true
  const send = async (statement: Statement, call: Call) => {
    if (statement.often === true && mayName) {
      try {
        return await alone(call, { name: nameOf(statement.sql), ...statementOf(statement) })
      } catch (error) {
        if (!isMisnamed(error)) throw error
        mayName = false
      }
    }
    return await alone(call, statementOf(statement))
  }
  return {
    dialect: 'postgres',
    read: (statement, within) => inTime(within, (call) => send(statement, call)),
    write: (statement, within) => inTime(within, (call) => again(call, () => send(statement, call), isAgain)),
    transact: (work, within) => inTime(within, (call) => again(call, () => once(work, call), isAgain)),
  }
}

export function pgliteDriver(db: Pglite): Driver {
  const send = async (on: Pick<Pglite, 'query'>, { sql, parameters }: Statement): Promise<Answer> => {
    const { rows, affectedRows = 0 } = await on.query(sql, [...parameters], { parsers })
    return { rows: rows as Row[], changes: affectedRows }
  }
  return {
    dialect: 'postgres',
    read: (statement, within) => inTime(within, () => send(db, statement)),
    write: (statement, within) => inTime(within, () => send(db, statement)),
    // It is one connection: nobody can be in the way.
    transact: (work, within) =>
      inTime(within, () => db.transaction((tx) => overAsync(work, (statement) => send(tx, statement)))),
  }
}
