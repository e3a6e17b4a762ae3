/** A row of `pipeline_executions`: a run. Times are epoch ms, to a thousandth. */
export type ExecutionRow = Readonly<{
  run_id: string
  pipeline: string
  version: string | null
  /** `running`, `interrupted` (it goes on elsewhere), or how it ended. */
  status: string
  /** The process that executes it, or did last. */
  worker: string
  /** Names the last execution: a run that goes on in another process is executed again. */
  execution: string
  /** Of two executions of a run that is durable the later one has the greater; 0 when it is not. */
  fence: number
  /** Rises with each state of one execution, so that an older one never replaces a newer one. */
  seq: number
  /** How many executions it had. */
  executions: number
  parent_run_id: string | null
  parent_path: string | null
  trace_id: string | null
  started_at: number
  /** When the last execution started. */
  resumed_at: number
  /** When its worker was last known to be alive. */
  seen_at: number
  ended_at: number | null
  duration_ms: number | null
  steps_succeeded: number
  steps_restored: number
  steps_skipped: number
  steps_failed: number
  steps_cancelled: number
  /** The step that failed it. */
  error_path: string | null
  error_name: string | null
  error_code: string | null
  error_message: string | null
  /** JSON, as the other texts below. */
  error: string | null
  input: string | null
  output: string | null
  tags: string | null
}>

/** A row of `step_executions`: a step, or an item of a map. */
export type StepRow = Readonly<{
  run_id: string
  /** Where it is in the run: `orders[42]/charge`. */
  path: string
  /** That of the run. */
  pipeline: string
  /** The path without the keys of items and the numbers of iterations: `orders/charge`. */
  step: string
  item_key: string | null
  /** `running`, or how it ended. */
  status: string
  execution: string
  seq: number
  /** How many attempts were started; 0 for a step that did not run. */
  attempts: number
  started_at: number | null
  ended_at: number | null
  duration_ms: number | null
  /** How long it was ready before it started. */
  wait_ms: number | null
  /** Why it was skipped or cancelled. */
  reason: string | null
  error_name: string | null
  error_code: string | null
  error_message: string | null
  /** JSON, as the other texts below. */
  error: string | null
  input: string | null
  output: string | null
  /** `done` or `failed`, when it was undone. */
  undo_status: string | null
  undo_error: string | null
}>

/** A row of `step_attempts`: an attempt of a step that had several, or that failed. */
export type AttemptRow = Readonly<{
  run_id: string
  path: string
  /** From 1. */
  attempt: number
  status: string
  started_at: number
  ended_at: number
  /** When the next one was to start. */
  retry_at: number | null
  error_name: string | null
  error_code: string | null
  error_message: string | null
  error: string | null
}>

/** The tables of the history. */
export interface HistoryTables {
  readonly pipeline_executions: ExecutionRow
  readonly step_executions: StepRow
  readonly step_attempts: AttemptRow
}
