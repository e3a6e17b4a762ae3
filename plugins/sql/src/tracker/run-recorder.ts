import type { RunContext, RunEnd, RunStatus } from '@pipe/core'
import { LONGEST } from '../schema/history-tables.ts'
import { NO_ERROR } from './captured.ts'
import type { Desk } from './desk.ts'
import { countsOf, type RunRow, runRowOf } from './run-row.ts'
import { keyText } from './text.ts'
import { StepRecorder } from './step-recorder.ts'

/** Who started a run from within another one; the context of a step is one. */
export interface RunParent {
  readonly runId: string
  readonly stepId: string
}

/** One execution of a run, as rows. Each row is complete: a later one takes the place of an earlier one. */
export class RunRecorder {
  readonly steps: StepRecorder
  readonly #desk: Desk
  readonly #row: RunRow
  /** The input, if it is kept should the run fail. */
  #input: unknown

  constructor(desk: Desk, run: RunContext | RunEnd, execution: string, at: number) {
    this.#desk = desk
    this.#row = runRowOf(run, desk.worker, execution, at)
    this.steps = new StepRecorder(desk, this.#row)
  }

  /** It begins to execute: from now on the run is its own. */
  begin({ options, input, tags, reports }: RunContext): void {
    const { captured, style, write } = this.#desk
    const row = this.#row
    const { parent, id } = options
    const { resumed = false, fence = 0 } = reports?.durable ?? {}
    Object.assign(row, { executions: 1, fence, trace_id: traceOf(reports) })
    if (parent !== undefined) {
      row.parent_run_id = keyText(parent.runId, LONGEST.id)
      row.parent_path = captured.path(parent.stepId)
    }
    if (style.input === true) row.input = captured.value(input)
    if (style.input === 'failed') this.#input = input
    row.tags = captured.tags(tags)
    // An id that was made for this run nobody had before.
    if (id !== undefined && !resumed) {
      const { run_id, execution, resumed_at } = row
      write({ kind: 'anew', row: { run_id, execution, fence, resumed_at } }, 'needed')
    }
    this.#tell()
  }

  /** Whether it has. */
  get ended(): boolean {
    return this.#row.ended_at !== undefined || this.#row.status === 'interrupted'
  }

  /** It is paused, or goes on. */
  is(status: 'paused' | 'running'): void {
    if (this.ended || this.#row.status === status) return
    this.#row.status = status
    this.#tell()
  }

  /** Another process goes on with the run. */
  interrupted(): void {
    Object.assign(this.#row, this.steps.counts, { status: 'interrupted' })
    this.#tell()
  }

  succeeded(output: unknown, at: number): void {
    this.#row.output = this.#desk.style.output ? this.#desk.captured.value(output) : undefined
    this.#end('succeeded', at)
  }

  /** @param step path of the step that failed */
  failed(status: RunStatus, error: unknown, step: string | undefined, at: number): void {
    const { captured } = this.#desk
    this.#row.error_path = step === undefined ? undefined : captured.path(step)
    delete this.#row.output
    Object.assign(this.#row, captured.error(error))
    if (status === 'failed' && this.#input !== undefined) this.#row.input = captured.value(this.#input)
    this.#end(status, at)
  }

  /** The run is over: what its result says, if that is more than was told. */
  over({ result, error, at }: RunEnd): void {
    const before = { ...this.#row }
    Object.assign(this.#row, countsOf(result.steps), { trace_id: traceOf(result.reports) })
    if (before.status === 'interrupted' || before.status === result.status) {
      const changed = Object.entries(this.#row).some(([column, value]) => before[column as keyof RunRow] !== value)
      if (changed) this.#tell()
      return
    }
    // Who is around this plugin decided otherwise, or it never began.
    if (error !== undefined) return this.failed(result.status, error, error.step, at)
    Object.assign(this.#row, NO_ERROR, { error_path: undefined })
    this.succeeded(result.output, at)
  }

  #end(status: RunStatus, at: number): void {
    const duration_ms = at - this.#row.started_at
    Object.assign(this.#row, this.steps.counts, { status, ended_at: at, duration_ms })
    this.#tell(at)
  }

  #tell(at = this.#desk.now()): void {
    this.#row.seq++
    this.#row.seen_at = at
    this.#desk.write({ kind: 'pipeline_executions', row: { ...this.#row } }, 'needed')
  }
}

/** The trace of a run, when a plugin says so in the way of `@pipe/tracing`. */
function traceOf(reports: object = {}): string | undefined {
  const report: unknown = 'tracing' in reports ? reports.tracing : undefined
  const known = typeof report === 'object' && report !== null && 'traceId' in report
  return known && typeof report.traceId === 'string' ? keyText(report.traceId, LONGEST.word) : undefined
}
