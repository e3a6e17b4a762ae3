import type { RunContext, RunEnd, StepResult, StepStatus } from '@pipe/core'
import { LONGEST } from '../schema/history-tables.ts'
import type { Rows } from './change.ts'
import { keyText } from './text.ts'

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

/** The row of a run while it is going on. */
export type RunRow = Mutable<Rows['pipeline_executions']>

/** How many steps ended how; items of maps and iterations of loops are none. */
export type Counts = typeof NO_STEPS

export const NO_STEPS = { steps_succeeded: 0, steps_restored: 0, steps_skipped: 0, steps_failed: 0, steps_cancelled: 0 }

export const COUNTED = {
  succeeded: 'steps_succeeded',
  restored: 'steps_restored',
  skipped: 'steps_skipped',
  failed: 'steps_failed',
  cancelled: 'steps_cancelled',
} as const satisfies Readonly<Record<StepStatus, keyof Counts>>

export function countsOf(steps: Readonly<Record<string, StepResult>>): Counts {
  const counts = { ...NO_STEPS }
  for (const [path, { status }] of Object.entries(steps)) if (!path.endsWith(']')) counts[COUNTED[status]]++
  return counts
}

/** The row of a run that begins at `at`, before it is executed. */
export function runRowOf(run: RunContext | RunEnd, worker: string, execution: string, at: number): RunRow {
  const version = 'version' in run ? run.version : run.result.version
  return {
    run_id: keyText(run.runId, LONGEST.id),
    pipeline: keyText(run.pipeline, LONGEST.name),
    version: version === undefined ? undefined : keyText(version, LONGEST.name),
    status: 'running',
    worker,
    execution,
    fence: 0,
    seq: 0,
    executions: 0,
    started_at: at,
    resumed_at: at,
    seen_at: at,
    ...NO_STEPS,
  }
}
