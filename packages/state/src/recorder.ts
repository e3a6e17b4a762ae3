import { type Clock, isPipelineError, type MiddlewareContext, type RunContext, type StepInfo } from '@pipe/core'
import type { Codec } from './codec.ts'
import type { Control } from './control.ts'
import { identityOf } from './identity.ts'
import { Journal } from './journal.ts'
import type { Lease } from './lease.ts'
import { endingEntry, itemEntry, stepEntry, type StepRecord, undoEntry } from './record.ts'
import { recordedError } from './recorded-error.ts'
import { planPathOf, signaturesOf } from './signatures.ts'
import type { Entry } from './store.ts'

/** What a recorder is made of. */
export interface RecorderParts {
  readonly run: RunContext
  readonly lease: Lease
  readonly codec: Codec
  readonly clock: Clock
  readonly control: Control
}

/** Whether what was to be recorded is to blame, and not the store: nothing of it is recorded. */
export const isUnstorable = (error: unknown): boolean =>
  isPipelineError(error, 'VALUE_UNSTORABLE') || isPipelineError(error, 'OPTION_INVALID')

/** Writes down what happens in a run. All of its methods resolve when the store has confirmed it. */
export class Recorder {
  readonly #parts: RecorderParts
  readonly #journal: Journal
  #endingIsRecorded = false
  /** How many steps and items were recorded. */
  recorded = 0

  constructor(parts: RecorderParts) {
    this.#parts = parts
    this.#journal = new Journal(parts.lease)
  }

  /** Longest value of an entry, bytes. */
  get maxValueBytes(): number {
    return this.#parts.lease.maxValueBytes
  }

  /** Rejects with what fails the step, with `LEASE_LOST`, and with `STORE_UNAVAILABLE` for whatever else the store says. */
  async write(entry: Entry): Promise<void> {
    try {
      await this.#journal.write(entry)
    } catch (cause) {
      // What fails a step, or has stopped the run already.
      if (isUnstorable(cause) || isPipelineError(cause, 'LEASE_LOST')) throw cause
      throw this.#parts.control.storeFailed(cause)
    }
  }

  /** What became of a step. `attempts`: how many there were, over all processes. */
  async step(
    info: StepInfo,
    ctx: MiddlewareContext,
    key: string,
    record: Pick<StepRecord, 'status' | 'reason' | 'error' | 'attempts'>,
    output?: unknown,
  ): Promise<void> {
    const { run, codec, clock } = this.#parts
    const item = info.kind === 'item' ? identityOf(codec, ctx.item) : undefined
    const whole: StepRecord = {
      ...record,
      signature: signaturesOf(run.definition).get(planPathOf(ctx.stepId)) ?? '',
      at: clock.now(),
      ...(info.undoable && { undoable: true as const }),
      ...(item !== undefined && { item }),
    }
    await this.write(stepEntry(codec, key, whole, output, ctx.stepId))
    this.recorded++
  }

  /** What tells an item from others: before any step in it, which need not wait, for commits keep their order. */
  item(key: string, identity: string): void {
    this.write(itemEntry(key, identity)).catch(() => undefined)
  }

  /** That the run ends with `error`: before anything is undone, for then it must not go on. */
  async ending(error: unknown): Promise<void> {
    if (this.#endingIsRecorded) return
    await this.write(endingEntry(error, this.#parts.lease.maxValueBytes))
    this.#endingIsRecorded = true
  }

  /** That a step was undone, or what its undo threw. */
  async undone(key: string, failure?: { readonly error: unknown }): Promise<void> {
    const error = failure && recordedError(failure.error, this.maxValueBytes)
    await this.write(undoEntry(key, { at: this.#parts.clock.now(), ...(error !== undefined && { error }) }))
  }
}
