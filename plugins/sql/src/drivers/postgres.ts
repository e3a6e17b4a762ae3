import { createHash } from 'node:crypto'
import type { Answer, Driver, Row, Statement, Work } from './driver.ts'
import { again, fieldOf, overAsync } from './transactions.ts'

/** What is used of a client in a pool of `pg`. */
interface PgClient {
  query(sql: string, parameters?: unknown[]): Promise<PgResult>
  release(destroy?: boolean): void
  on(event: 'error', listener: () => void): unknown
  removeListener(event: 'error', listener: () => void): unknown
}

interface PgResult {
  readonly rows: unknown[]
  readonly rowCount?: number | null
}

/** A statement that the server knows by a name once it was executed on a connection. */
interface PgNamed {
  readonly name: string
  readonly text: string
  readonly values: unknown[]
}

/** What is used of a `Pool` of `pg`. */
export interface PgPool {
  readonly totalCount: number
  query(sql: string | PgNamed, parameters?: unknown[]): Promise<PgResult>
  connect(): Promise<PgClient>
  on(event: 'connect', listener: (client: Pick<PgClient, 'on'>) => void): unknown
}

/** What is used of a PGlite. */
export interface Pglite {
  readonly waitReady: Promise<void>
  query(sql: string, parameters?: unknown[]): Promise<{ readonly rows: unknown[]; readonly affectedRows?: number }>
  transaction<T>(work: (tx: Pick<Pglite, 'query'>) => Promise<T>): Promise<T>
}

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

const answerOf = ({ rows, rowCount }: PgResult): Answer => ({ rows: rows as Row[], changes: rowCount ?? 0 })

/** Pools whose connections have a listener: one is enough, however many drivers there are. */
const heard = new WeakSet<PgPool>()

/** What ends a connection between two statements ends the process when nobody listens; the next statement says so too. */
function hear(pool: PgPool): void {
  if (heard.has(pool)) return
  heard.add(pool)
  pool.on('connect', (client) => client.on('error', ignore))
}

export function pgDriver(pool: PgPool): Driver {
  hear(pool)
  const once = async <T>(work: Work<T>): Promise<T> => {
    const client = await pool.connect()
    client.on('error', ignore) // it may be older than this driver
    const release = () => {
      client.removeListener('error', ignore)
      client.release()
    }
    try {
      // Who has waited for a lock sees what was done meanwhile, whatever is usual on this server.
      await client.query('BEGIN ISOLATION LEVEL READ COMMITTED')
      const done = await overAsync(work, async ({ sql, parameters }) =>
        answerOf(await client.query(sql, [...parameters])),
      )
      await client.query('COMMIT')
      release()
      return done
    } catch (error) {
      // A connection that cannot even roll back is not given back to the pool.
      await client.query('ROLLBACK').then(release, () => client.release(true))
      throw error
    }
  }
  let mayName = true
  const send = async ({ sql, parameters, often = false }: Statement) => {
    const values = [...parameters]
    if (often && mayName) {
      try {
        return answerOf(await pool.query({ name: nameOf(sql), text: sql, values }))
      } catch (error) {
        if (!isMisnamed(error)) throw error
        mayName = false
      }
    }
    return answerOf(await pool.query(sql, values))
  }
  return {
    dialect: 'postgres',
    read: send,
    write: (statement) => again(() => send(statement), isAgain),
    transact: (work) => again(() => once(work), isAgain),
  }
}

export function pgliteDriver(db: Pglite): Driver {
  const send = async (on: Pick<Pglite, 'query'>, { sql, parameters }: Statement): Promise<Answer> => {
    const { rows, affectedRows = 0 } = await on.query(sql, [...parameters])
    return { rows: rows as Row[], changes: affectedRows }
  }
  return {
    dialect: 'postgres',
    read: (statement) => send(db, statement),
    write: (statement) => send(db, statement),
    // It is one connection: nobody can be in the way.
    transact: (work) => db.transaction((tx) => overAsync(work, (statement) => send(tx, statement))),
  }
}
