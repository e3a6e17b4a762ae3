import { creationOf, type Migration } from './migration.ts'

/** Longest values of columns that are looked for, in bytes. */
export const LONGEST = { id: 200, path: 512, name: 200, word: 40 } as const

const { id, path, name, word } = LONGEST

/** Holds for runs that a process has: in the words of the index for them, so that it is taken. */
export const ALIVE = `status IN ('running', 'paused')`

/** The tables of the history. No table refers to another: rows are written in whatever order they come. */
export const historyMigrations: readonly Migration[] = [
  {
    name: 'history-1',
    statements: creationOf(
      {
        name: 'pipeline_executions',
        columns: ({ key, text, number, count }) => [
          `run_id ${key(id)} NOT NULL`,
          `pipeline ${key(name)} NOT NULL`,
          `version ${key(name)}`,
          `status ${key(word)} NOT NULL`,
          `worker ${key(name)} NOT NULL`,
          `execution ${key(word)} NOT NULL`,
          `fence ${number} NOT NULL`,
          `seq ${count} NOT NULL`,
          `executions ${count} NOT NULL`,
          `parent_run_id ${key(id)}`,
          `parent_path ${key(path)}`,
          `trace_id ${key(word)}`,
          `started_at ${number} NOT NULL`,
          `resumed_at ${number} NOT NULL`,
          `seen_at ${number} NOT NULL`,
          `ended_at ${number}`,
          `duration_ms ${number}`,
          `steps_succeeded ${count} NOT NULL`,
          `steps_restored ${count} NOT NULL`,
          `steps_skipped ${count} NOT NULL`,
          `steps_failed ${count} NOT NULL`,
          `steps_cancelled ${count} NOT NULL`,
          `error_path ${key(path)}`,
          `error_name ${key(name)}`,
          `error_code ${key(name)}`,
          `error_message ${text}`,
          `error ${text}`,
          `input ${text}`,
          `output ${text}`,
          `tags ${text}`,
        ],
        primaryKey: ['run_id'],
        indexes: [
          { columns: ['started_at', 'run_id'] },
          { columns: ['pipeline', 'started_at', 'run_id'] },
          // Most runs have succeeded: those are found by the indexes above.
          { columns: ['status', 'started_at', 'run_id'], where: `status <> 'succeeded'` },
          { columns: ['pipeline', 'status', 'started_at', 'run_id'], where: `status <> 'succeeded'` },
          { columns: ['status', 'ended_at'] },
          { columns: ['worker'], where: ALIVE },
          { columns: ['parent_run_id'], where: 'parent_run_id IS NOT NULL' },
          { columns: ['trace_id'], where: 'trace_id IS NOT NULL' },
        ],
      },
      {
        name: 'step_executions',
        columns: ({ key, text, number, count }) => [
          `run_id ${key(id)} NOT NULL`,
          `path ${key(path)} NOT NULL`,
          `pipeline ${key(name)} NOT NULL`,
          `step ${key(path)} NOT NULL`,
          `item_key ${key(path)}`,
          `status ${key(word)} NOT NULL`,
          `execution ${key(word)} NOT NULL`,
          `seq ${count} NOT NULL`,
          `attempts ${count} NOT NULL`,
          `started_at ${number}`,
          `ended_at ${number}`,
          `duration_ms ${number}`,
          `wait_ms ${number}`,
          `reason ${key(name)}`,
          `error_name ${key(name)}`,
          `error_code ${key(name)}`,
          `error_message ${text}`,
          `error ${text}`,
          `input ${text}`,
          `output ${text}`,
          `undo_status ${key(word)}`,
          `undo_error ${text}`,
        ],
        primaryKey: ['run_id', 'path'],
        indexes: [
          // Those of a period are found by their runs.
          { columns: ['run_id', 'started_at', 'path'] },
          { columns: ['status', 'started_at'], where: `status = 'failed'` },
        ],
      },
      {
        name: 'step_attempts',
        columns: ({ key, text, number, count }) => [
          `run_id ${key(id)} NOT NULL`,
          `path ${key(path)} NOT NULL`,
          `attempt ${count} NOT NULL`,
          `status ${key(word)} NOT NULL`,
          `started_at ${number} NOT NULL`,
          `ended_at ${number} NOT NULL`,
          `retry_at ${number}`,
          `error_name ${key(name)}`,
          `error_code ${key(name)}`,
          `error_message ${text}`,
          `error ${text}`,
        ],
        primaryKey: ['run_id', 'path', 'attempt'],
        indexes: [{ columns: ['status', 'started_at'], where: `status = 'failed'` }],
      },
    ),
  },
]
