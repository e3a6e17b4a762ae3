import type { Answer, Driver, Row, Statement, Value } from './driver.ts'
import { again, fieldOf, overAsync } from './transactions.ts'

/** What is used of a connection in a pool of `mysql2/promise`. */
interface MysqlConnection {
  query(sql: string, parameters?: unknown[]): Promise<[unknown, unknown]>
  execute(sql: string, parameters?: Value[]): Promise<[unknown, unknown]>
  release(): void
  destroy(): void
}

/** What is used of a pool of `mysql2/promise`. */
export interface MysqlPool {
  execute(sql: string, parameters?: Value[]): Promise<[unknown, unknown]>
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

export function mysqlDriver(pool: MysqlPool): Driver {
  const send = async (on: Pick<MysqlPool, 'execute'>, { sql, parameters }: Statement): Promise<Answer> => {
    const [result] = await on.execute(sql, [...parameters])
    return answerOf(result)
  }
  return {
    dialect: 'mysql',
    read: (statement) => send(pool, statement),
    write: (statement) => again(() => send(pool, statement), isAgain),
    transact: (work) =>
      again(async () => {
        const connection = await pool.getConnection()
        try {
          // Others' commits are seen, as in PostgreSQL, and gaps between rows are not locked.
          await connection.query('SET TRANSACTION ISOLATION LEVEL READ COMMITTED')
          await connection.query('START TRANSACTION')
          const done = await overAsync(work, (statement) => send(connection, statement))
          await connection.query('COMMIT')
          connection.release()
          return done
        } catch (error) {
          // A connection that cannot even roll back is not given back to the pool.
          await connection.query('ROLLBACK').then(
            () => connection.release(),
            () => connection.destroy(),
          )
          throw error
        }
      }, isAgain),
  }
}
