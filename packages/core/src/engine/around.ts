import type { PipelineError } from '../errors.ts'
import { isIsolated } from '../isolated.ts'
import type { MiddlewareContext, StepMiddleware } from '../plugin.ts'
import { type Settled, State } from '../scheduler.ts'
import { isSkip, Skip } from '../skip.ts'
import { type Completion, settleWith } from '../thenable.ts'
import { admit, passSlot } from './admit.ts'
import { holds } from './answers.ts'
import { endStep, launch, relaunch, whenStopped } from './attempt.ts'
import { answeredFor, discard } from './interrupt.ts'
import { nextAfterSettle, through } from './layers.ts'
import { afterReturn, inMs, startAt } from './retry.ts'
import type { StepLayer, Task } from './task.ts'
import { takeBack } from './undo.ts'

/** The step middleware around one step, and the attempts that its `next` starts, one after another. */
export class Around implements StepLayer {
  current: Task
  over = false
  readonly #first: Task
  readonly #layers: readonly StepMiddleware[]
  /** Takes the outcome of the `next` that is running; `null` while none is. */
  #answer: Completion | null = null
  /** What the last `next` answers with. */
  #last: Promise<unknown> | null = null
  /** Whether the last attempt came to nothing: what it completed inside is undone when the step goes on all the same. */
  #failed = false

  constructor(task: Task, layers: readonly StepMiddleware[]) {
    this.current = this.#first = task
    this.#layers = layers
  }

  /** Runs the middleware around the condition and all attempts. */
  run(): void {
    const { scope } = this.#first
    settleWith(
      () =>
        through(
          this.#first,
          this.#layers,
          0,
          this.#first,
          () => this.over,
          (ctx) => this.#next(ctx),
        ),
      (output) => {
        if (isSkip(output)) this.#done(State.skipped, output.reason)
        else this.#done(this.#last === null ? State.restored : State.succeeded, output)
      },
      (error) => this.#done(scope.stopped === null ? State.failed : State.cancelled, error),
    )
  }

  /** What `next` started has ended. */
  ended(as: Settled, value: unknown): void {
    const answer = this.#answer
    this.#answer = null
    this.#failed = as !== State.succeeded
    if (this.#failed) answer?.reject(value)
    else answer?.resolve(value)
  }

  #next(ctx: MiddlewareContext): unknown {
    const { scope } = this.#first
    if (scope.stopped !== null) throw scope.stopped // a middleware took its time
    if (!holds(this.#first)) return new Skip('condition')
    const again = () => this.#again(ctx)
    this.#last = this.#last === null ? this.#attempt(this.#first, ctx, whenDue(ctx)) : this.#last.then(again, again)
    return this.#last
  }

  async #again(ctx: MiddlewareContext): Promise<unknown> {
    await this.#takeBack()
    const before = this.current
    const { stopped } = before.scope
    if (stopped !== null) throw stopped
    if (this.over) throw nextAfterSettle(before)
    const start = (task: Task) =>
      afterReturn(before, task, () => {
        if (passSlot(before, task)) relaunch(task)
        else admit(task, relaunch)
      })
    return await this.#attempt(before.again(), ctx, start)
  }

  #attempt(task: Task, ctx: MiddlewareContext, start: (task: Task) => void): Promise<unknown> {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>()
    this.#answer = { resolve, reject }
    const more = task.more()
    more.layer = this
    more.context = ctx === this.#first ? null : ctx
    start(task)
    return promise
  }

  /** The middleware has answered: what still runs is stopped, a `next` that still waits rejects, and the step ends. */
  #done(as: Settled, value: unknown): void {
    this.over = true
    const last = this.current
    const { scope } = last
    const reason = this.#answer === null ? null : answeredFor(last, as === State.failed ? value : undefined)
    if (discard(last, reason)) this.#failed = true
    whenStopped(last, () => {
      if (reason !== null) this.#giveUp(reason)
      const failure = as === State.failed || as === State.cancelled
      if (!this.#failed || (failure && !(as === State.failed && !isIsolated(value) && scope.absorbs(last))))
        return endStep(last, as, value)
      // The run may have been stopped while it was taken back.
      void this.#takeBack().then(() => endStep(last, failure && scope.stopped !== null ? State.cancelled : as, value))
    })
  }

  #giveUp(reason: PipelineError): void {
    this.#last?.catch(() => undefined) // who answered early need not wait for it
    this.ended(State.cancelled, reason)
  }

  async #takeBack(): Promise<void> {
    if (this.#failed) await takeBack(this.current)
    this.#failed = false
  }
}

/** What starts the first attempt: at once, unless it waits since another process tried the step. */
function whenDue(ctx: MiddlewareContext): (task: Task) => void {
  const { delayMs = 0 } = ctx
  return delayMs <= 0 ? launch : (task) => startAt(task, inMs(task, delayMs), relaunch)
}
