import { type Answer, type Dialect, type Driver, inOrder, type Row, type Statement } from '../drivers/driver.ts'
import { overAsync } from '../drivers/transactions.ts'
import { ALIVE } from '../schema/history-tables.ts'
import { ANSWER_MS } from './answered.ts'
import type { Batch } from './buffer.ts'
import type { Rows } from './change.ts'
import { chunksOf, upsertOf } from './upsert.ts'

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
      const work = function* () {
        yield* anew(rows.anew)
        yield* inOrder([
          ...executions(rows.pipeline_executions),
          ...steps(rows.step_executions),
          ...attempts(rows.step_attempts),
          ...rows.undo.map(undo),
        ])()
      }
      // In SQLite a transaction is what costs. Elsewhere each statement writes many rows.
      if (dialect === 'sqlite') await driver.transact(work)
      else await overAsync(work, (statement) => driver.write(statement, ANSWER_MS))
    },
    beat: (worker, at) => ({
      sql: `UPDATE ${prefix}pipeline_executions SET seen_at = ${a} WHERE worker = ${b} AND ${ALIVE}`,
      parameters: [at, worker],
    }),
  }
}

/**
 * Forgets runs whose ids are now those of others. Which these are is asked first: few ids were those of other runs, and a
 * `DELETE` that finds out by itself has MariaDB look at, and lock, all rows that there are.
 */
function forgetOf(dialect: Dialect, prefix: string) {
  const list = (ids: readonly string[]) =>
    `(${ids.map((_, i) => (dialect === 'postgres' ? `$${i + 1}` : '?')).join(', ')})`
  return function* (rows: readonly Rows['anew'][]): Generator<Statement, void, Answer> {
    const beginning = new Map(rows.map((row) => [row.run_id, row]))
    const over: string[] = []
    for (const ids of chunksOf([...beginning.keys()])) {
      const known = `SELECT run_id, execution, fence, resumed_at FROM ${prefix}pipeline_executions WHERE run_id IN ${list(ids)}`
      const { rows: found } = yield { sql: known, parameters: ids }
      for (const row of found) if (isOver(row, beginning.get(String(row['run_id'])))) over.push(String(row['run_id']))
    }
    for (const ids of chunksOf(over))
      for (const table of ['step_attempts', 'step_executions', 'pipeline_executions'])
        yield { sql: `DELETE FROM ${prefix}${table} WHERE run_id IN ${list(ids)}`, parameters: ids }
  }
}

/**
 * Whether a run that is there gives way to one that begins anew: not when that was written late, and another process goes
 * on with it already. Fences say so; those of a store that is new begin at 1, and then the clock does.
 */
function isOver({ execution, fence, resumed_at }: Row, anew: Rows['anew'] | undefined): boolean {
  if (anew === undefined || execution === anew.execution) return false
  return Number(fence) <= anew.fence || Number(resumed_at) < anew.resumed_at
}
