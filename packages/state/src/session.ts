import {
  type AttemptContext,
  deserializeError,
  isIsolated,
  isolated,
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
import type { Control } from './control.ts'
import { Failures, type Reason } from './failures.ts'
import { Generations } from './generations.ts'
import type { History } from './history.ts'
import type { Lease } from './lease.ts'
import { Items } from './items.ts'
import { recordedError } from './recorded-error.ts'
import type { ReadEntry, StepRecord, WaitRecord } from './record.ts'
import { isUnstorable, type Recorder } from './recorder.ts'
import type { SessionParts } from './session-parts.ts'
import { Sources } from './sources.ts'
import { Undos } from './undos.ts'
import { Waits } from './waits.ts'

/** The steps of one execution of a run: what was recorded answers for them, and what is done now is recorded. */
export class Session {
  readonly lease: Lease
  readonly #run: RunContext
  readonly #codec: Codec
  readonly #control: Control
  readonly #recorder: Recorder
  readonly #history: History
  readonly #waits: Waits
  readonly #failures: Failures
  readonly #items: Items
  readonly #undos: Undos
  readonly #sources: Sources
  readonly #ran: SessionParts['ran']
  readonly #generations = new Generations()
  /** Keys of what is being executed, and is recorded when it is done. */
  readonly #executing = new Set<string>()
  /** How many steps and items were answered for by what was recorded. */
  restored = 0

  constructor({ run, lease, codec, storeNow, control, recorder, history, ran }: SessionParts) {
    this.lease = lease
    this.#run = run
    this.#codec = codec
    this.#control = control
    this.#recorder = recorder
    this.#history = history
    this.#waits = new Waits(recorder, storeNow, history.waits)
    this.#failures = new Failures(recorder, history.attempts)
    this.#items = new Items(recorder, codec, history.items)
    this.#undos = new Undos(recorder, history.undone, history.undoable)
    this.#sources = new Sources(this.#undos)
    this.#ran = ran
    run.isolate((path) => this.#reasonNotToRun(path) !== undefined)
  }

  /** How many steps are completed, can be undone, and are not. */
  get done(): number {
    return this.#undos.left
  }

  /** Resolves when nothing is being undone any more. */
  undone(): Promise<void> {
    return this.#undos.settled()
  }

  /** The step middleware. */
  step(info: StepInfo, ctx: MiddlewareContext, next: Next<MiddlewareContext>): unknown {
    const key = this.#generations.keyOf(ctx.stepId)
    const recorded = this.#history.steps.get(key)
    if (recorded === undefined) return this.#execute(info, ctx, next, key)
    this.#sources.appeared(key)
    const { status, reason, error, item } = recorded.head as StepRecord
    this.#mustFit(() => this.#items.restore(ctx, item))
    if (error !== undefined) return this.#failAgain(info, ctx, next, key, deserializeError(error))
    this.restored++
    return status === 'skipped' ? skip(reason ?? 'condition') : this.#outputOf(recorded, ctx)
  }

  /** What was allowed to fail has failed; what it had completed inside appears, for the undoing may not be done. */
  #failAgain(
    info: StepInfo,
    ctx: MiddlewareContext,
    next: Next<MiddlewareContext>,
    key: string,
    error: unknown,
  ): Promise<never> {
    if (info.runs !== 'others' || !this.#undos.isLeftInside(ctx.stepId)) throw error
    return this.#failures.replay(ctx.stepId, error, () => next(this.#waits.number(ctx, key)))
  }

  /** The attempt middleware. What runs others does again what is inside, which is recorded apart. */
  attempt(info: StepInfo, ctx: AttemptContext, next: Next<AttemptContext>): unknown {
    if (info.runs === 'others') return this.#attemptInside(info, ctx, next)
    return ctx.attempt === 1 ? next() : this.#again(ctx, next)
  }

  async #attemptInside(info: StepInfo, ctx: AttemptContext, next: Next<AttemptContext>): Promise<unknown> {
    const { stepId: path, attempt } = ctx
    const key = this.#generations.keyOf(path)
    this.#generations.begin(path, attempt)
    const reason = this.#reasonNotToRun(path)
    const begin = () => (attempt === 1 ? next() : this.#again(ctx, next))
    const isRead = info.kind === 'map' && reason !== undefined
    try {
      return await this.#failures.attempt(path, key, attempt, () =>
        isRead ? this.#sources.read(ctx, reason.error, begin) : begin(),
      )
    } catch (error) {
      throw reason === undefined ? error : isolated(error)
    }
  }

  /** Why what is not recorded is not executed either: the run, or what the step is part of, is only to be undone. */
  #reasonNotToRun(path: string): Reason | undefined {
    const { ending } = this.#control
    return ending === null ? this.#failures.reasonFor(path) : { error: ending }
  }

  /** Another attempt: once it is recorded that there was one before, and if the wait did not outlast the lease. */
  async #again(ctx: AttemptContext, next: Next<AttemptContext>): Promise<unknown> {
    await this.#waits.recorded(this.#generations.keyOf(ctx.stepId))
    if (this.lease.isDue) await this.lease.confirm()
    return await next()
  }

  /** An attempt failed, and another one will follow. */
  waits(path: string, wait: Omit<WaitRecord, 'retryAt'>): void {
    const key = this.#generations.keyOf(path)
    if (this.#executing.has(key)) this.#waits.add(key, wait) // else it is not recorded, and begins anew in each process
  }

  /** The undo middleware. */
  undo(ctx: MiddlewareContext, next: Next<MiddlewareContext>): Promise<void> {
    return this.#undos.undo(this.#generations.keyOf(ctx.stepId), ctx, next, async () => {
      if (this.lease.isDue) await this.lease.confirm() // who lost the run leaves it to others to undo
      const { ending } = this.#run
      if (ending === undefined) await this.#failures.record(ctx.stepId)
      else await this.#recorder.ending(this.#control.ending ?? ending)
    })
  }

  #mustFit(check: () => void): void {
    try {
      check()
    } catch (error) {
      throw isPipelineError(error) ? this.#unfit(error) : error
    }
  }

  /** What was recorded does not fit: the run cannot go on here. One that was asked to cancel ends without it. */
  #unfit(error: PipelineError): Error {
    const { isCancelled, ending } = this.#control
    return isCancelled ? isolated(ending) : this.#control.interrupt('blocked', error)
  }

  #outputOf({ body }: ReadEntry, { stepId: step, pipeline }: MiddlewareContext): unknown {
    try {
      return decode(this.#codec, body)
    } catch (cause) {
      const message = `What was recorded of step "${step}" cannot be read: ${messageOf(cause)}`
      throw this.#unfit(new PipelineError('VALUE_UNSTORABLE', message, { pipeline, step, cause }))
    }
  }

  async #execute(
    info: StepInfo,
    given: MiddlewareContext,
    next: Next<MiddlewareContext>,
    key: string,
  ): Promise<unknown> {
    const isFunction = info.runs === 'function'
    const reason = this.#reasonNotToRun(given.stepId)
    if (isFunction && reason !== undefined) {
      if (info.kind === 'item') this.#sources.notCompleted(given.stepId)
      throw isolated(reason.error)
    }
    if (this.lease.isDue) await this.lease.confirm()
    const ctx = reason === undefined ? this.#waits.resume(given, key) : this.#waits.number(given, key)
    if (info.kind === 'item' && !isFunction) this.#mustFit(() => this.#items.begin(ctx, key))
    if (isFunction) this.#ran?.(given.stepId)
    let output: unknown
    this.#executing.add(key)
    try {
      output = await next(ctx)
    } catch (error) {
      await this.#recordFailure(info, ctx, key, error)
      if (info.kind === 'item' && reason !== undefined) this.#sources.notCompleted(ctx.stepId)
      throw error
    } finally {
      this.#executing.delete(key)
    }
    if (isSkip(output)) await this.#record(info, ctx, key, { status: 'skipped', reason: output.reason })
    else if (isFunction || this.#failures.hasFailed(ctx.stepId)) {
      // What ran others and was settled by a policy has no records inside that would lead to its output.
      await this.#recordSuccess(info, ctx, key, output)
    }
    return output
  }

  /** What may fail is settled by failing; what stops the run is tried again when that goes on. */
  async #recordFailure(info: StepInfo, ctx: MiddlewareContext, key: string, error: unknown): Promise<void> {
    if (!info.optional || ctx.stopped !== undefined || isIsolated(error)) return
    await this.#record(info, ctx, key, { status: 'failed', error: recordedError(error, this.lease.maxValueBytes) })
  }

  async #recordSuccess(info: StepInfo, ctx: MiddlewareContext, key: string, output: unknown): Promise<void> {
    // Before it is recorded: a run that ends meanwhile may not undo it, and it may be recorded all the same.
    if (info.undoable) this.#undos.completed(key)
    try {
      await this.#record(info, ctx, key, { status: 'succeeded' }, output)
    } catch (error) {
      if (!isUnstorable(error)) throw error
      this.#undos.failed(key)
      await this.#recordFailure(info, ctx, key, error)
      throw error
    }
  }

  async #record(
    info: StepInfo,
    ctx: MiddlewareContext,
    key: string,
    record: Pick<StepRecord, 'status' | 'reason' | 'error'>,
    output?: unknown,
  ): Promise<void> {
    const attempts = this.#waits.attempts(key) + 1
    await this.#recorder.step(info, ctx, key, { ...record, attempts }, output)
    this.#waits.forget(key) // a map of many items would keep one for each that was tried again
  }
}
