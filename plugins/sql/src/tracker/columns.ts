import type { AttemptRow, ExecutionRow, HistoryTables, StepRow } from '../schema/tables.ts'

/** What a column holds. */
export type ColumnKind = 'text' | 'number' | 'count'

type Columns<Row> = { readonly [C in keyof Row]: ColumnKind }

const execution: Columns<ExecutionRow> = {
  run_id: 'text',
  pipeline: 'text',
  version: 'text',
  status: 'text',
  worker: 'text',
  execution: 'text',
  fence: 'number',
  seq: 'count',
  executions: 'count',
  parent_run_id: 'text',
  parent_path: 'text',
  trace_id: 'text',
  started_at: 'number',
  resumed_at: 'number',
  seen_at: 'number',
  ended_at: 'number',
  duration_ms: 'number',
  steps_succeeded: 'count',
  steps_restored: 'count',
  steps_skipped: 'count',
  steps_failed: 'count',
  steps_cancelled: 'count',
  error_path: 'text',
  error_name: 'text',
  error_code: 'text',
  error_message: 'text',
  error: 'text',
  input: 'text',
  output: 'text',
  tags: 'text',
}

const step: Columns<StepRow> = {
  run_id: 'text',
  path: 'text',
  pipeline: 'text',
  step: 'text',
  item_key: 'text',
  status: 'text',
  execution: 'text',
  seq: 'count',
  attempts: 'count',
  started_at: 'number',
  ended_at: 'number',
  duration_ms: 'number',
  wait_ms: 'number',
  reason: 'text',
  error_name: 'text',
  error_code: 'text',
  error_message: 'text',
  error: 'text',
  input: 'text',
  output: 'text',
  undo_status: 'text',
  undo_error: 'text',
}

const attempt: Columns<AttemptRow> = {
  run_id: 'text',
  path: 'text',
  attempt: 'count',
  status: 'text',
  started_at: 'number',
  ended_at: 'number',
  retry_at: 'number',
  error_name: 'text',
  error_code: 'text',
  error_message: 'text',
  error: 'text',
}

/** The columns of the tables, in the order in which they are written. */
export const COLUMNS: Readonly<Record<keyof HistoryTables, Readonly<Record<string, ColumnKind>>>> = {
  pipeline_executions: execution,
  step_executions: step,
  step_attempts: attempt,
}
