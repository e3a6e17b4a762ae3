import {
  type AttemptContext,
  type Clock,
  deserializeError,
  isSkip,
  isPipelineError,
  messageOf,
  type MiddlewareContext,
  type Next,
  PipelineError,
  type RunContext,
  skip,
  type StepInfo,
} from '@pipe/core'
import { type Codec, decode } from './codec.ts'
import { Ending } from './ending.ts'
import type { Taken } from './acquire.ts'
import { historyOf } from './begin.ts'
import { Generations } from './generations.ts'
import { History } from './history.ts'
import { hasIdentity, identityOf } from './identity.ts'
import { Journal } from './journal.ts'
import type { Lease, LeaseHolder } from './lease.ts'
import { recordedError } from './recorded-error.ts'
import {
  endingEntry,
  itemEntry,
  type ReadEntry,
  stepEntry,
  type StepRecord,
  undoEntry,
  type WaitRecord,
} from './record.ts'
import { planPathOf, signaturesOf } from './signatures.ts'
import type { Renewed, StateStore } from './store.ts'
import { Waits } from './waits.ts'

/** What a session is made of. */
export interface SessionParts {
  readonly run: RunContext
  readonly lease: Lease
  readonly codec: Codec
  readonly clock: Clock
}

/** One execution of a run, in this process: what was recorded answers for steps, and what is done now is recorded. */
export class Session implements LeaseHolder {
  readonly lease: Lease
  readonly #run: RunContext
  readonly #codec: Codec
  readonly #clock: Clock
  readonly #journal: Journal
  readonly #ending: Ending
  readonly #waits: Waits
  readonly #generations = new Generations()
  #history = new History()
  /** Why the run cannot go on here, but may elsewhere. */
  #blocked: PipelineError | null = null
  #endingIsRecorded = false
  #paused = false
  restored = 0
  recorded = 0

  constructor({ run, lease, codec, clock }: SessionParts) {
    this.#run = run
    this.lease = lease
    this.#codec = codec
    this.#clock = clock
    this.#journal = new Journal(lease)
    this.#ending = new Ending(clock)
    this.#waits = new Waits(this.#journal, clock)
  }

  /** What the run has to end with, since it was ending when its process died or was asked to be cancelled since. */
  get ending(): PipelineError | null {
    return this.#ending.error
  }

  get blocked(): PipelineError | null {
    return this.#blocked
  }

  /**
   * Keeps the lease of a run that was taken from now on, and takes in what was recorded.
   *
   * @throws PipelineError as {@link historyOf}
   */
  async begin(store: StateStore, { stored, resumed }: Taken): Promise<void> {
    this.lease.keep(this)
    try {
      this.#history = await historyOf({
        run: this.#run,
        store,
        stored,
        resumed,
        journal: this.#journal,
        clock: this.#clock,
      })
    } catch (error) {
      throw isPipelineError(error, 'RUN_CHANGED') || isPipelineError(error, 'RUN_CONFLICT') ? this.block(error) : error
    }
    this.#waits.load(this.#history.waits)
    const { pipeline, command, reason } = stored
    const error = this.#history.ending ?? (command === 'cancel' ? cancelled(pipeline, reason) : null)
    if (error !== null) this.#ending.begin(error, this.#history.completed)
  }

  /** The run is asked to do something. */
  asked({ command, reason }: Renewed): void {
    if (command === 'cancel' && this.ending === null) this.#run.cancel(cancelled(this.#run.pipeline, reason))
    else if (command === 'pause' && !this.#paused) this.#run.pause()
    else if (command === 'run' && this.#paused) this.#run.resume()
    this.#paused = command === 'pause'
  }

  lost(error: PipelineError): void {
    this.#run.cancel(error)
  }

  /** The step middleware. */
  step(info: StepInfo, ctx: MiddlewareContext, next: Next<MiddlewareContext>): unknown {
    const key = this.#generations.keyOf(ctx.stepId)
    const recorded = this.#history.steps.get(key)
    if (recorded === undefined) return this.#execute(info, ctx, next, key)
    if (this.ending !== null) this.#ending.met(key)
    const { status, reason, error, item } = recorded.head as StepRecord
    if (item !== undefined && !hasIdentity(this.#codec, ctx.item, item)) throw this.block(this.#otherItem(ctx))
    if (error !== undefined) throw deserializeError(error)
    this.restored++
    return status === 'skipped' ? skip(reason ?? 'condition') : this.#outputOf(recorded, ctx)
  }

  /** The attempt middleware. What runs others does again what is inside, which is recorded apart. */
  attempt(info: StepInfo, ctx: AttemptContext, next: Next<AttemptContext>): unknown {
    if (info.runs === 'others') this.#generations.begin(ctx.stepId, ctx.attempt)
    return ctx.attempt === 1 ? next() : this.#again(ctx, next)
  }

  /** Another attempt: once it is recorded that there was one before, and if the wait did not outlast the lease. */
  async #again(ctx: AttemptContext, next: Next<AttemptContext>): Promise<unknown> {
    await this.#waits.recorded(this.#generations.keyOf(ctx.stepId))
    if (this.lease.isDue) await this.lease.confirm()
    return await next()
  }

  /** An attempt failed, and another one will follow. */
  waits(path: string, wait: WaitRecord): void {
    this.#waits.add(this.#generations.keyOf(path), wait)
  }

  /** The undo middleware. */
  async undo(ctx: MiddlewareContext, next: Next<MiddlewareContext>): Promise<void> {
    const key = this.#generations.keyOf(ctx.stepId)
    if (this.#history.undone.has(key)) return
    if (this.lease.isDue) await this.lease.confirm() // who lost the run leaves it to others to undo
    const { ending } = this.#run
    if (ending !== undefined && !this.#endingIsRecorded) {
      // First: a run of which anything is undone must not go on.
      await this.#journal.write(endingEntry(this.ending ?? ending, this.lease.maxValueBytes))
      this.#endingIsRecorded = true
    }
    await next()
    await this.#journal.write(undoEntry(key, this.#clock.now()))
  }

  /** Stops the run here, without ending it: it can go on when `error` has been seen to. Answers with what to throw. */
  block(error: PipelineError): PipelineError {
    this.#blocked ??= error
    this.#run.cancel(new PipelineError('SHUTDOWN', `The run cannot go on here: ${error.message}`, { cause: error }))
    return error
  }

  #outputOf({ body }: ReadEntry, { stepId: step, pipeline }: MiddlewareContext): unknown {
    try {
      return decode(this.#codec, body)
    } catch (cause) {
      const message = `What was recorded of step "${step}" cannot be read: ${messageOf(cause)}`
      throw this.block(new PipelineError('VALUE_UNSTORABLE', message, { pipeline, step, cause }))
    }
  }

  async #execute(
    info: StepInfo,
    given: MiddlewareContext,
    next: Next<MiddlewareContext>,
    key: string,
  ): Promise<unknown> {
    const isFunction = info.runs === 'function'
    if (isFunction && this.ending !== null) return await this.#ending.hold()
    if (this.lease.isDue) await this.lease.confirm()
    const ctx = await this.#waits.resume(given, key)
    if (info.kind === 'item' && !isFunction) this.#identify(ctx, key)
    let output: unknown
    try {
      output = await next(ctx)
    } catch (error) {
      // What may fail is settled by failing; what stops the run is tried again when that goes on.
      if (info.optional && ctx.stopped === undefined) {
        await this.#record(info, ctx, key, { status: 'failed', error: recordedError(error, this.lease.maxValueBytes) })
      }
      throw error
    }
    if (isSkip(output)) await this.#record(info, ctx, key, { status: 'skipped', reason: output.reason })
    else if (isFunction) await this.#record(info, ctx, key, { status: 'succeeded' }, output)
    return output
  }

  async #record(
    info: StepInfo,
    ctx: MiddlewareContext,
    key: string,
    record: Pick<StepRecord, 'status' | 'reason' | 'error'>,
    output?: unknown,
  ): Promise<void> {
    const item = info.kind === 'item' ? identityOf(this.#codec, ctx.item) : undefined
    const whole: StepRecord = {
      ...record,
      attempts: this.#waits.attempts(key) + 1,
      signature: signaturesOf(this.#run.definition).get(planPathOf(ctx.stepId)) ?? '',
      at: this.#clock.now(),
      ...(item !== undefined && { item }),
    }
    await this.#journal.write(stepEntry(this.#codec, key, whole, output, ctx.stepId))
    this.recorded++
  }

  /** Sees to it that the items of a pipeline are those that were there before: their steps are recorded by key. */
  #identify(ctx: MiddlewareContext, key: string): void {
    const before = this.#history.items.get(key)
    if (before !== undefined) {
      if (!hasIdentity(this.#codec, ctx.item, before)) throw this.block(this.#otherItem(ctx))
      return
    }
    const now = identityOf(this.#codec, ctx.item)
    // Before any step in it.
    if (now !== undefined) this.#journal.write(itemEntry(key, now)).catch(() => undefined)
  }

  #otherItem({ stepId: step, pipeline }: MiddlewareContext): PipelineError {
    const message = `Item "${step}" is another than the one that was recorded under its key. Give the map a \`key\` that tells its items apart, or a source that answers the same again.`
    return new PipelineError('RUN_CHANGED', message, { pipeline, step })
  }
}

function cancelled(pipeline: string, reason: string | undefined): PipelineError {
  const words = reason === undefined ? '' : `: ${reason}`
  const details = { pipeline, ...(reason !== undefined && { cause: reason }) }
  return new PipelineError('CANCELLED', `Pipeline "${pipeline}" was cancelled${words}.`, details)
}
