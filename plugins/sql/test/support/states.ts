import type { Rows } from '../../src/tracker/change.ts'

/** A state of a step. */
export const aStep = (given: Partial<Rows['step_executions']> = {}): Rows['step_executions'] => ({
  run_id: 'r',
  path: 'a',
  pipeline: 'p',
  step: 'a',
  status: 'succeeded',
  execution: 'e',
  seq: 1,
  attempts: 1,
  started_at: 1,
  ...given,
})

/** A state of a run. */
export const aRun = (given: Partial<Rows['pipeline_executions']> = {}): Rows['pipeline_executions'] => ({
  run_id: 'r',
  pipeline: 'p',
  status: 'running',
  worker: 'w',
  execution: 'e',
  fence: 0,
  seq: 1,
  executions: 1,
  started_at: 1,
  resumed_at: 1,
  seen_at: 1,
  steps_succeeded: 0,
  steps_restored: 0,
  steps_skipped: 0,
  steps_failed: 0,
  steps_cancelled: 0,
  ...given,
})
