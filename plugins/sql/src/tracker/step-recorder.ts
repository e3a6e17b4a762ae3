import {
  isPipelineError,
  type MapItem,
  type StepAttempt,
  type StepEnd,
  type StepRetry,
  type StepStart,
  type StepStatus,
  type StepUndo,
} from '@pipe/core'
import { LONGEST } from '../schema/history-tables.ts'
import type { ExecutionRow } from '../schema/tables.ts'
import type { Rows } from './change.ts'
import type { Desk } from './desk.ts'
import { definitionPath } from './path.ts'
import { COUNTED, type Counts, NO_STEPS } from './run-row.ts'
import type { StepStyle } from './step-style.ts'
import { keyText } from './text.ts'

/** A step that has begun and not ended. */
interface OpenStep {
  /** When it began. */
  began?: number
  /** When its current attempt began. */
  attemptBegan?: number
  /** The row of its first attempt, while nobody knows when that began. */
  first?: Rows['step_attempts']
  /** What it reads, if that may be kept. */
  needs?: unknown
}

/** The steps and items of one execution of a run, as rows. */
export class StepRecorder {
  /** Steps that have ended. Of a pipeline that was run again those of both times. */
  readonly counts: Counts = { ...NO_STEPS }
  readonly #desk: Desk
  readonly #run: Pick<ExecutionRow, 'run_id' | 'pipeline' | 'execution'>
  readonly #open = new Map<string, OpenStep>()
  /** Of steps that are not as all others, and have not ended. */
  readonly #styles = new Map<string, StepStyle>()
  #seq = 0

  constructor(desk: Desk, run: Pick<ExecutionRow, 'run_id' | 'pipeline' | 'execution'>) {
    this.#desk = desk
    this.#run = run
  }

  /** Says what is kept of a step; `item` is what it gets, in a map. */
  setStyle(path: string, style: StepStyle, item: unknown): void {
    if (style !== this.#desk.style) this.#styles.set(path, style)
    if (item !== undefined && style.tracked) this.#opened(path).needs = item
  }

  started({ stepId, at, needs, waitMs }: StepStart): void {
    const { tracked, input } = this.#styleOf(stepId)
    if (!tracked) return
    const step: OpenStep = { began: at, attemptBegan: at }
    this.#open.set(stepId, step)
    if (input === 'failed') step.needs = needs
    const row: Rows['step_executions'] = {
      ...this.#rowOf(stepId, 'running', 1),
      started_at: at,
      wait_ms: waitMs,
      input: input === true ? this.#desk.captured.value(needs) : undefined,
    }
    this.#desk.write({ kind: 'step_executions', row }, 'detail')
  }

  attemptStarted({ stepId, at }: StepAttempt): void {
    if (this.#styleOf(stepId).tracked) this.#opened(stepId).attemptBegan = at
  }

  attemptFailed({ stepId, at, attempt, error, retryAt }: StepRetry): void {
    if (!this.#styleOf(stepId).tracked) return
    const step = this.#opened(stepId)
    const row = this.#attemptOf(stepId, attempt, 'failed', step.attemptBegan ?? at, at)
    const failed = { ...row, ...this.#desk.captured.error(error), retry_at: retryAt }
    if (step.attemptBegan === undefined) step.first = failed
    delete step.attemptBegan
    this.#desk.write({ kind: 'step_attempts', row: failed }, 'detail')
  }

  ended(event: StepEnd | MapItem): void {
    const { stepId, at, status, attempts, durationMs, output, error, reason } = event
    const isItem = 'key' in event
    if (!isItem) this.counts[COUNTED[status]]++
    // What did not run, nobody has set a style for.
    const style = (attempts === 0 ? this.#desk.styles.of(event, isItem) : undefined) ?? this.#styleOf(stepId)
    const step = this.#open.get(stepId) ?? {}
    this.#open.delete(stepId)
    this.#styles.delete(stepId)
    // Whoever has the run now says what becomes of the step.
    if (!style.tracked || isPipelineError(error, 'LEASE_LOST')) return
    const { captured, write } = this.#desk
    const ran = attempts > 0
    const failed = status === 'failed'
    // Nobody says when an item begins. Clocks give whole milliseconds: what is inside of it is not to begin before it.
    const began = step.began ?? Math.floor(at - durationMs)
    const columns = failed || (ran && error !== undefined) ? captured.error(error) : undefined
    const row: Rows['step_executions'] = {
      ...this.#rowOf(stepId, status, attempts),
      item_key: isItem ? captured.text(event.key, LONGEST.path) : undefined,
      started_at: ran ? began : undefined,
      ended_at: at,
      duration_ms: ran ? durationMs : undefined,
      reason: reason === undefined ? undefined : captured.text(reason, LONGEST.name),
      input: style.input === true || (style.input === 'failed' && failed) ? captured.value(step.needs) : undefined,
      output: style.output ? captured.value(output) : undefined,
      ...columns,
    }
    write({ kind: 'step_executions', row }, failed ? 'needed' : 'detail')
    if (step.first !== undefined) write({ kind: 'step_attempts', row: { ...step.first, started_at: began } }, 'detail')
    if (attempts > 1 || (ran && failed)) {
      const last = this.#attemptOf(stepId, attempts, status, step.attemptBegan ?? (attempts === 1 ? began : at), at)
      write({ kind: 'step_attempts', row: { ...last, ...columns } }, 'detail')
    }
  }

  undone({ stepId, error }: StepUndo): void {
    const undo_error = error === undefined ? undefined : this.#desk.captured.error(error).error
    const row = { ...this.#keyOf(stepId), undo_status: error === undefined ? 'done' : 'failed', undo_error }
    this.#desk.write({ kind: 'undo', row }, 'detail')
  }

  #styleOf(path: string): StepStyle {
    return this.#styles.get(path) ?? this.#desk.style
  }

  #opened(path: string): OpenStep {
    let step = this.#open.get(path)
    if (step === undefined) this.#open.set(path, (step = {}))
    return step
  }

  #keyOf(path: string) {
    const { run_id, execution } = this.#run
    return { run_id, execution, path: this.#desk.captured.path(path) }
  }

  #rowOf(path: string, status: string, attempts: number) {
    return {
      ...this.#keyOf(path),
      pipeline: this.#run.pipeline,
      step: keyText(definitionPath(path), LONGEST.path),
      status,
      seq: ++this.#seq,
      attempts,
    }
  }

  #attemptOf(path: string, attempt: number, status: StepStatus, started_at: number, ended_at: number) {
    return { ...this.#keyOf(path), attempt, status, started_at, ended_at }
  }
}
