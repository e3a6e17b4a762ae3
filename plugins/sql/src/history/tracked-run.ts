import type { ErrorData, RunStatus } from '@pipe/core'
import { type RawBuilder, sql } from 'kysely'
import type { ExecutionRow } from '../schema/tables.ts'
import { errorIn, isErrorData, isTags, readStored } from './stored-json.ts'
import type { TrackedStepStatus } from './tracked-step.ts'

/**
 * What has become of a run. Besides how runs end:
 * - `running` a process executes it; `paused` it does, and starts nothing new until the run is resumed
 * - `interrupted` a process has handed it back, and another goes on with it
 * - `lost` the process that executed it has not been heard of for `lostAfter`: it has died, or cannot reach the database
 */
export type TrackedRunStatus = RunStatus | 'running' | 'paused' | 'interrupted' | 'lost'

export const RUN_STATUSES = [
  'running',
  'paused',
  'interrupted',
  'lost',
  'succeeded',
  'failed',
  'cancelled',
] as const satisfies readonly TrackedRunStatus[]

/** How many steps have which status. */
export type StepCounts = Readonly<Record<TrackedStepStatus, number>>

/** A run, as its history has it. Times are epoch ms to a thousandth. What is absent was not recorded, or is not yet known. */
export interface TrackedRun {
  readonly id: string
  readonly pipeline: string
  readonly version?: string
  readonly status: TrackedRunStatus
  readonly tags: Readonly<Record<string, string>>
  /** The process that executes it, or did last. */
  readonly worker: string
  /** How many executions it had: more than 1 when it was gone on with. */
  readonly executions: number
  /** The run that started it, and the path of the step that did. */
  readonly parent?: { readonly run: string; readonly path?: string }
  /** Id of the trace that it is part of. */
  readonly trace?: string
  readonly startedAt: number
  /** When its last execution started. */
  readonly resumedAt: number
  /** When its worker was last known to be alive. */
  readonly seenAt: number
  readonly endedAt?: number
  readonly durationMs?: number
  /**
   * How many of its steps have which status: until now while it goes on, and for ever when it was lost. Items of maps and
   * iterations of loops are no steps; those inside of them are. Steps that are not tracked count when the run has ended.
   */
  readonly steps: StepCounts
  /**
   * What it failed or was cancelled with: what the step at `errorPath` threw, not the `STEP_FAILED` that `run()` rejects
   * with. With stack, causes and fields where these were recorded.
   */
  readonly error?: ErrorData
  /** Path of the step that failed it. */
  readonly errorPath?: string
  /** What it was given; absent unless captured. */
  readonly input?: unknown
  /** What it returned; absent unless captured. */
  readonly output?: unknown
  /** The texts of what cannot be read as JSON, such as what was cut; such fields are absent, or say only part. */
  readonly unreadable?: Readonly<Partial<Record<'input' | 'output' | 'error' | 'tags', string>>>
}

/** Those that a process has: without it they are lost. */
const HELD = ['running', 'paused'] as const satisfies readonly TrackedRunStatus[]
const held = sql.join(HELD.map((status) => sql.lit(status)))

/** Whether a process has a run of this status. */
export const isHeld = (status: string): boolean => HELD.some((one) => one === status)

/**
 * The status of rows of runs, in SQL.
 *
 * @param aliveSince when a worker must have been seen for its runs not to be lost, epoch ms
 */
export const statusIn = (aliveSince: number): RawBuilder<TrackedRunStatus> =>
  sql`case when status in (${held}) and seen_at < ${aliveSince} then 'lost' else status end`

/** One of these holds for rows of runs that have a status: an index finds the rows of each, in order. */
export function casesOf(status: TrackedRunStatus, aliveSince: number): readonly RawBuilder<boolean>[] {
  if (status === 'succeeded') return [sql`status = 'succeeded'`]
  // SQLite takes an index of some rows only where a query says in the same words which they are.
  const is = (word: string) => sql<boolean>`status <> 'succeeded' and status = ${sql.lit(word)}`
  if (status === 'lost') return HELD.map((held) => sql`${is(held)} and seen_at < ${aliveSince}`)
  return isHeld(status) ? [sql`${is(status)} and seen_at >= ${aliveSince}`] : [is(status)]
}

/**
 * A run by its row.
 *
 * @param aliveSince when a worker must have been seen for its runs not to be lost, epoch ms
 * @param steps those that were counted, when its execution has not ended
 */
export function runOf(row: ExecutionRow, aliveSince: number, steps = countsAtEnd(row)): TrackedRun {
  const { input, output, error, tags } = row
  const { values, unreadable } = readStored({ input, output, error, tags }, { error: isErrorData, tags: isTags })
  const failure = errorIn(row, values.error)
  // Nobody writes another.
  const status = row.status as TrackedRunStatus
  return {
    id: row.run_id,
    pipeline: row.pipeline,
    ...(row.version !== null && { version: row.version }),
    status: isHeld(status) && row.seen_at < aliveSince ? 'lost' : status,
    tags: isTags(values.tags) ? values.tags : {},
    worker: row.worker,
    executions: row.executions,
    ...(row.parent_run_id !== null && {
      parent: { run: row.parent_run_id, ...(row.parent_path !== null && { path: row.parent_path }) },
    }),
    ...(row.trace_id !== null && { trace: row.trace_id }),
    startedAt: row.started_at,
    resumedAt: row.resumed_at,
    seenAt: row.seen_at,
    ...(row.ended_at !== null && { endedAt: row.ended_at }),
    ...(row.duration_ms !== null && { durationMs: row.duration_ms }),
    steps,
    ...(failure !== undefined && { error: failure }),
    ...(row.error_path !== null && { errorPath: row.error_path }),
    ...('input' in values && { input: values.input }),
    ...('output' in values && { output: values.output }),
    ...(unreadable !== undefined && { unreadable }),
  }
}

/** What the row of a run says of its steps, whose execution has ended. */
const countsAtEnd = (row: ExecutionRow): StepCounts => ({
  running: 0,
  succeeded: row.steps_succeeded,
  restored: row.steps_restored,
  skipped: row.steps_skipped,
  failed: row.steps_failed,
  cancelled: row.steps_cancelled,
})
