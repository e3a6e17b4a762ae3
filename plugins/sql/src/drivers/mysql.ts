import { type Call, inTime } from './call.ts'
import type { Answer, Driver, Row, Statement, Value, Work } from './driver.ts'
import { again, fieldOf, overAsync } from './transactions.ts'

/** A statement, and what is not to be as the pool has it. */
interface MysqlStatement {
  readonly sql: string
  readonly values: Value[]
  readonly rowsAsArray: false
  readonly nestTables: false
}

/** What is used of a connection in a pool of `mysql2/promise`. */
interface MysqlConnection {
  query(sql: string, parameters?: unknown[]): Promise<[unknown, unknown]>
  execute(statement: MysqlStatement): Promise<[unknown, unknown]>
  release(): void
  destroy(): void
}

/** What is used of a pool of `mysql2/promise`. */
export interface MysqlPool {
  execute(sql: string): Promise<unknown>
  getConnection(): Promise<MysqlConnection>
}

/** A pool of `mysql2`, which becomes one of `mysql2/promise`. */
export interface MysqlCallbackPool {
  promise(): MysqlPool
}

/** Lock wait timeout, deadlock, record changed since it was read: the same may succeed when it is done again. */
const AGAIN: readonly unknown[] = [1205, 1213, 1020]
const isAgain = (error: unknown) => AGAIN.includes(fieldOf(error, 'errno'))

/** Binary columns, which compare texts byte by byte, come as bytes. */
function rowOf(row: Readonly<Record<string, unknown>>): Row {
  const values: Record<string, Value> = {}
  for (const [name, value] of Object.entries(row))
    values[name] = Buffer.isBuffer(value) ? value.toString() : (value as Value)
  return values
}

function answerOf(result: unknown): Answer {
  if (Array.isArray(result)) return { rows: result.map(rowOf), changes: 0 }
  return { rows: [], changes: (result as { affectedRows: number }).affectedRows }
}

/** What a server says that another one has taken over from: a new connection leads there. */
const READ_ONLY: readonly unknown[] = [1290, 1792, 1836]

/** Does something with a connection of the pool, which is given back, or closed when the call is over before. */
async function withConnection<T>(
  pool: MysqlPool,
  call: Call,
  use: (connection: MysqlConnection) => Promise<T>,
): Promise<T> {
  const connection = await pool.getConnection()
  call.holds(() => connection.destroy())
  try {
    return await use(connection)
  } catch (error) {
    if (READ_ONLY.includes(fieldOf(error, 'errno'))) connection.destroy()
    throw error
  } finally {
    // Nothing, if it was closed.
    connection.release()
  }
}

export function mysqlDriver(pool: MysqlPool): Driver {
  const send = async (connection: MysqlConnection, { sql, parameters }: Statement): Promise<Answer> => {
    const [result] = await connection.execute({ sql, values: [...parameters], rowsAsArray: false, nestTables: false })
    return answerOf(result)
  }
  const alone = (statement: Statement, call: Call) =>
    withConnection(pool, call, (connection) => send(connection, statement))
  const once = <T>(work: Work<T>, call: Call) =>
    withConnection(pool, call, async (connection) => {
      try {
        // Others' commits are seen, as in PostgreSQL, and gaps between rows are not locked.
        await connection.query('SET TRANSACTION ISOLATION LEVEL READ COMMITTED')
        await connection.query('START TRANSACTION')
        const done = await overAsync(work, (statement) => send(connection, statement))
        await connection.query('COMMIT')
        return done
      } catch (error) {
        // A connection that cannot even roll back is not given back to the pool.
        await connection.query('ROLLBACK').catch(() => connection.destroy())
        throw error
      }
    })
  return {
    dialect: 'mysql',
    read: (statement, within) => inTime(within, (call) => alone(statement, call)),
    write: (statement, within) => inTime(within, (call) => again(call, () => alone(statement, call), isAgain)),
    transact: (work, within) => inTime(within, (call) => again(call, () => once(work, call), isAgain)),
  }
}
