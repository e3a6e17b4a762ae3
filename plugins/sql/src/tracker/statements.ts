import type { Dialect, Driver, Statement } from '../drivers/driver.ts'
import { ALIVE } from '../schema/history-tables.ts'
import { inOrder } from '../drivers/driver.ts'
import type { Batch } from './buffer.ts'
import type { Rows } from './change.ts'
import { upsertOf } from './upsert.ts'

/** What the tracker says to a database. */
export interface Statements {
  /** Writes a batch: all of it, or, when it fails, some of it, so that it can be written again. */
  readonly write: (driver: Driver, batch: Batch) => Promise<void>
  /** Says that the runs of `worker` are still executed. */
  readonly beat: (worker: string, at: number) => Statement
}

export function statementsOf(dialect: Dialect, prefix: string): Statements {
  const executions = upsertOf(dialect, prefix, 'pipeline_executions')
  const steps = upsertOf(dialect, prefix, 'step_executions')
  const attempts = upsertOf(dialect, prefix, 'step_attempts')
  const anew = forgetOf(dialect, prefix)
  const [a, b, c, d] = dialect === 'postgres' ? ['$1', '$2', '$3', '$4'] : ['?', '?', '?', '?']

  const undo = ({ undo_status, undo_error, run_id, path }: Rows['undo']): Statement => ({
    sql: `UPDATE ${prefix}step_executions SET undo_status = ${a}, undo_error = ${b} WHERE run_id = ${c} AND path = ${d}`,
    parameters: [undo_status ?? null, undo_error ?? null, run_id, path],
  })
  return {
    async write(driver, { rows }) {
      const statements = [
        ...anew(rows.anew),
        ...executions(rows.pipeline_executions),
        ...steps(rows.step_executions),
        ...attempts(rows.step_attempts),
        ...rows.undo.map(undo),
      ]
      // In SQLite a transaction is what costs. Elsewhere each statement writes many rows.
      if (dialect === 'sqlite') await driver.transact(inOrder(statements))
      else for (const statement of statements) await driver.write(statement)
    },
    beat: (worker, at) => ({
      sql: `UPDATE ${prefix}pipeline_executions SET seen_at = ${a} WHERE worker = ${b} AND ${ALIVE}`,
      parameters: [at, worker],
    }),
  }
}

/** Forgets the steps of runs that have ended, and whose ids are now those of others. */
function forgetOf(dialect: Dialect, prefix: string): (rows: readonly Rows['anew'][]) => readonly Statement[] {
  const given = {
    postgres: 'json_to_recordset($1::json) AS r(run_id text, execution text)',
    mysql: `JSON_TABLE(?, '$[*]' COLUMNS (run_id VARCHAR(200) PATH '$.run_id', execution VARCHAR(40) PATH '$.execution')) AS r`,
    sqlite: `(SELECT value ->> 'run_id' AS run_id, value ->> 'execution' AS execution FROM json_each(?)) AS r`,
  }
  const ended = `SELECT e.run_id FROM ${prefix}pipeline_executions AS e JOIN ${given[dialect]} ON e.run_id = r.run_id WHERE e.execution <> r.execution AND e.ended_at IS NOT NULL`
  return (rows) => {
    if (rows.length === 0) return []
    const parameters = [JSON.stringify(rows)]
    return ['step_attempts', 'step_executions'].map((table) => ({
      sql: `DELETE FROM ${prefix}${table} WHERE run_id IN (${ended})`,
      parameters,
    }))
  }
}
