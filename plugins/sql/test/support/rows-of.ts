import { driverOf } from '../../src/database.ts'
import type { Row } from '../../src/drivers/driver.ts'
import type { Database } from '../../src/index.ts'
import type { AttemptRow, ExecutionRow, StepRow } from '../../src/schema/tables.ts'

/** What a row says: columns without a value left out. */
type Said<R> = Partial<{ -readonly [C in keyof R]: Exclude<R[C], null> }>

/** What is in the tables of the history. */
export interface History {
  readonly runs: readonly Said<ExecutionRow>[]
  /** By path. */
  readonly steps: Readonly<Record<string, Said<StepRow>>>
  readonly attempts: readonly Said<AttemptRow>[]
}

/** Everything that the history has, or, of steps and attempts, what it has of one run. */
export async function historyOf(db: Database, runId?: string, prefix = ''): Promise<History> {
  const driver = driverOf(db, 'a test')
  const read = async (table: string, order: string) => {
    const { rows } = await driver.read({ sql: `SELECT * FROM ${prefix}${table} ORDER BY ${order}`, parameters: [] })
    return rows.filter((row) => runId === undefined || row['run_id'] === runId).map(said)
  }
  const steps = await read('step_executions', 'run_id, path')
  return {
    runs: await read('pipeline_executions', 'started_at, run_id'),
    steps: Object.fromEntries(steps.map((row) => [String(row['path']), row])),
    attempts: await read('step_attempts', 'run_id, path, attempt'),
  }
}

const said = (row: Row) => Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null))
