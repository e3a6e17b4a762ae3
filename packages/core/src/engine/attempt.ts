import { callAt } from '../clock.ts'
import { PipelineError } from '../errors.ts'
import type { AttemptContext, Decision, MiddlewareContext } from '../plugin.ts'
import { type Settled, State } from '../scheduler.ts'
import { validate } from '../schema.ts'
import { Skip } from '../skip.ts'
import { isThenable, settleWith, toPromise } from './thenable.ts'
import type { Task } from './task.ts'
import { undoAll } from './undo.ts'

/*
 * The life of a task: begin → gate → enter → [step middleware] → condition → launch → [attempt middleware] → function →
 * settle → policy → another attempt, or its scope is told. Callbacks, not async functions: an async frame for each step
 * costs more than the step.
 */

/** Starts a task, now or when the gate lets it in. */
export function begin(task: Task): void {
  const { scope, node } = task
  const { gate } = scope.run
  if (gate === null) return enter(task)
  const slot = node.run !== null
  gate.admit({
    rank: [...scope.rank, task.position],
    slot,
    scope,
    enter: () => {
      if (slot) task.more().slot = true
      enter(task)
    },
  })
}

function enter(task: Task): void {
  const { scope, node } = task
  if (scope.stopped !== null) return end(task, State.cancelled, scope.stopped)
  if (task.attempt > 1) return launch(task)
  if (node.steps !== null) return wrap(task)
  try {
    if (node.when !== null && !holds(task)) return end(task, State.skipped, 'condition')
  } catch (error) {
    return end(task, State.failed, error)
  }
  launch(task)
}

function holds(task: Task): boolean {
  const held = task.node.when?.(task.argument)
  if (typeof held === 'boolean') return held
  throw new PipelineError(
    'OUTPUT_INVALID',
    `\`when\` of step "${task.stepId}" must return a boolean, got ${typeof held}.`,
    {
      pipeline: task.pipeline,
      step: task.stepId,
    },
  )
}

/** Runs the step middleware around the condition and all attempts. */
function wrap(task: Task): void {
  const { node, scope } = task
  const layers = node.steps ?? []
  let latest: Task | null = null
  let over = false
  const attempts = (ctx: MiddlewareContext): unknown => {
    if (node.when !== null && !holds(task)) return new Skip('condition')
    const first = latest === null ? task : latest.again(latest.attempt + 1)
    return new Promise((resolve, reject) => {
      const more = first.more()
      more.context = ctx === task ? null : ctx
      more.sink = {
        resolve: (last, output) => {
          latest = last
          resolve(output)
        },
        reject: (last, error) => {
          latest = last
          reject(error)
        },
      }
      latest = first
      launch(first)
    })
  }
  const dispatch = (ctx: MiddlewareContext, depth: number): unknown => {
    if (over) throw nextAfterSettle(task)
    const layer = layers[depth]
    return layer === undefined ? attempts(ctx) : layer(ctx, (next = ctx) => dispatch(next, depth + 1))
  }
  const done = (as: Settled, value: unknown) => {
    over = true
    const last = latest ?? task
    if (last.extra !== null) last.extra.sink = null
    end(last, as, value)
  }
  settleWith(
    () => dispatch(task, 0),
    (output) => {
      if (output instanceof Skip) done(State.skipped, output.reason)
      else done(latest === null ? State.restored : State.succeeded, output)
    },
    (error) => done(scope.stopped === null ? State.failed : State.cancelled, error),
  )
}

/** Starts an attempt. */
function launch(task: Task): void {
  const { scope, node } = task
  const { run } = scope
  if (task.startedMono === 0 && (run.timed || node.policies !== null)) task.startedMono = run.host.clock.monotonic()
  if (task.attempt === 1 && run.timed && node.kind !== 'item' && run.observes('step:start')) {
    run.emit('step:start', { pipeline: node.pipeline, stepId: task.stepId, needs: task.needs })
  }
  let returned: unknown
  try {
    const derived = task.extra?.context ?? null
    const ctx = derived === null ? task : attemptContext(task, derived)
    returned = node.attempts === null ? call(task, ctx) : through(task, ctx, 0)
    if (isThenable(returned)) {
      toPromise(returned).then(
        (output) => returnedWith(task, output),
        (error: unknown) => threw(task, error),
      )
      return
    }
  } catch (error) {
    return threw(task, error)
  }
  returnedWith(task, returned)
}

function call(task: Task, ctx: AttemptContext): unknown {
  const { run } = task.node
  return run === null ? task.scope.perform(task, ctx) : run(task.argument, ctx)
}

/** Runs the attempt middleware from layer `depth` inwards, and then the function. */
function through(task: Task, ctx: AttemptContext, depth: number): unknown {
  const layer = task.node.attempts?.[depth]
  if (layer === undefined) return call(task, ctx)
  return layer(ctx, (next = ctx) => {
    if (task.settled) throw nextAfterSettle(task)
    return through(task, next, depth + 1)
  })
}

/** The context that step middleware derived, for one attempt: its own number, signal and abort, the rest as derived. */
function attemptContext(task: Task, derived: object): AttemptContext {
  return Object.create(derived, {
    self: { value: task },
    attempt: { value: task.attempt },
  }) as AttemptContext
}

function returnedWith(task: Task, output: unknown): void {
  if (task.settled) return returnedLate(task)
  if (task.extra !== null && task.extra.failWith !== null) return threw(task, output)
  const { schema } = task.node
  if (schema === null) return succeed(task, output)
  const { stepId: step, pipeline } = task
  settleWith(
    () => validate(schema, output, 'OUTPUT_INVALID', `The output of step "${step}"`, { pipeline, step }),
    (valid) => (task.settled ? returnedLate(task) : succeed(task, valid)),
    (error) => threw(task, error),
  )
}

function succeed(task: Task, output: unknown): void {
  settle(task)
  const { extra } = task
  if (extra === null) return task.scope.ended(task, State.succeeded, output)
  if (extra.sink !== null) extra.sink.resolve(task, output)
  else task.scope.ended(task, State.succeeded, output)
  releaseSlot(task)
}

function threw(task: Task, error: unknown): void {
  if (task.settled) return returnedLate(task)
  settle(task)
  afterFailure(task, task.extra?.failWith ?? error)
}

/** Ends an attempt early: its signal is aborted, and it fails with `reason`. What runs inside it stops first. */
export function abort(task: Task, reason: Error): void {
  if (task.settled) return
  const more = task.more()
  more.controller?.abort(reason)
  if (more.inner !== null) {
    more.failWith = reason
    return more.inner.stop(toStop(task, reason))
  }
  more.stillRunning = true
  settle(task)
  afterFailure(task, reason)
}

function toStop(task: Task, reason: Error): PipelineError {
  if (reason instanceof PipelineError) return reason
  const { stepId: step, pipeline } = task
  return new PipelineError('CANCELLED', `Step "${step}" was aborted: ${reason.message}`, {
    pipeline,
    step,
    cause: reason,
  })
}

/** Tells a live task that its scope has stopped. */
export function cancel(task: Task, reason: PipelineError): void {
  const { extra } = task
  if (extra === null) return
  extra.controller?.abort(reason)
  extra.inner?.stop(reason)
  if (extra.endWait === null) return
  extra.endWait()
  settle(task)
  end(task, State.cancelled, reason)
}

/** Asks the policies, and does what they decide. */
function afterFailure(task: Task, error: unknown): void {
  const { scope, node } = task
  let decision: Decision | undefined
  if (scope.stopped === null && node.policies !== null) {
    const elapsedMs = scope.run.host.clock.monotonic() - task.startedMono
    try {
      for (const policy of node.policies) {
        decision = policy({ error, attempt: task.attempt, elapsedMs, ctx: task })
        if (decision !== undefined) break
      }
    } catch (cause) {
      decision = { error: cause }
    }
  }
  if (decision === undefined) return failed(task, error)
  if ('error' in decision) return failed(task, decision.error)
  const then = 'output' in decision ? () => succeed(task, decision.output) : () => retry(task, decision, error)
  // The failure goes no further, so what the attempt completed inside is taken back before anything else happens.
  const undo = task.extra?.undo ?? null
  if (undo === null) then()
  else void undoAll(undo).then(then)
}

function failed(task: Task, error: unknown): void {
  end(task, task.scope.stopped === null ? State.failed : State.cancelled, error)
}

function retry(task: Task, { retryAt, overlap }: Extract<Decision, { retryAt: number }>, error: unknown): void {
  const { scope, node, extra } = task
  const { run } = scope
  const { clock } = run.host
  if (run.observes('step:retry')) {
    const delayMs = Math.max(0, retryAt - clock.now())
    const { stepId, attempt } = task
    run.emit('step:retry', { pipeline: node.pipeline, stepId, attempt, error, retryAt, delayMs })
  }
  const again = task.again(task.attempt + 1)
  const more = again.more()
  releaseSlot(task)
  again.startedMono = task.startedMono
  more.sink = extra?.sink ?? null
  more.context = extra?.context ?? null
  const wait = () => {
    if (scope.stopped !== null) {
      end(again, State.cancelled, scope.stopped)
      return
    }
    scope.watch(again)
    more.endWait = callAt(clock, retryAt, () => {
      more.endWait = null
      scope.unwatch(again)
      begin(again)
    })
  }
  if (extra?.stillRunning === true && overlap !== true) extra.onReturn = wait
  else wait()
}

/** An attempt that had settled has returned: another one may be waiting for that. */
function returnedLate(task: Task): void {
  const { extra } = task
  if (extra === null) return
  extra.stillRunning = false
  extra.onReturn?.()
}

/** Ends an attempt: cleans up after it. */
function settle(task: Task): void {
  task.settled = true
  const { extra } = task
  if (extra === null) return
  task.scope.unwatch(task)
  for (const cleanup of extra.cleanups ?? []) cleanup()
}

function releaseSlot(task: Task): void {
  if (task.extra?.slot !== true) return
  task.extra.slot = false
  task.scope.run.gate?.release()
}

/** Tells the step middleware, or the scope, that there is no other attempt. The slot goes last, so that what became
 * ready by this is considered for it. */
function end(task: Task, as: Settled, value: unknown): void {
  const sink = task.extra?.sink ?? null
  if (sink !== null) sink.reject(task, value)
  else task.scope.ended(task, as, value)
  releaseSlot(task)
}

function nextAfterSettle(task: Task): PipelineError {
  const { stepId: step, pipeline } = task
  const message = `A middleware called \`next\` after step "${step}" of pipeline "${pipeline}" had settled.`
  return new PipelineError('NEXT_AFTER_SETTLE', message, { pipeline, step })
}
