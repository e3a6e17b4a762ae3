import { toAbortReason } from '../abort.ts'
import { messageOf, PipelineError } from '../errors.ts'
import type { AttemptContext } from '../plugin.ts'
import { type Settled, State } from '../scheduler.ts'
import { validate } from '../schema.ts'
import { isThenable, promisesGoOn, settleWith, toPromise } from '../thenable.ts'
import { releaseSlot } from './admit.ts'
import { attemptContext, decide, through } from './layers.ts'
import { retry } from './retry.ts'
import type { Task } from './task.ts'
import { undoAll } from './undo.ts'

/*
 * The life of a task: begin → gate → [step middleware] → condition → launch → [attempt middleware] → function → settle →
 * policy → another attempt, or its scope is told. Callbacks, not async functions: an async frame for each step costs more
 * than the step.
 */

/** Starts an attempt that is not the first, unless its scope has stopped meanwhile. */
export function relaunch(task: Task): void {
  const { scope, extra } = task
  if (extra?.dead === true) return releaseSlot(task)
  scope.entered(task)
  if (scope.stopped === null) launch(task)
  else end(task, State.cancelled, scope.stopped)
}

/** Starts an attempt. */
export function launch(task: Task): void {
  const { scope, node, extra } = task
  const { run } = scope
  task.phase = 'launched'
  if (run.timed || node.policies !== null) {
    if (task.startedMono < 0) task.startedMono = run.turn()
    announce(task)
    run.endTurn()
  }
  let returned: unknown
  try {
    const derived = extra?.context ?? null
    const ctx = derived === null ? task : attemptContext(task, derived)
    returned =
      node.attempts === null
        ? call(task, ctx)
        : through(
            task,
            node.attempts,
            0,
            ctx,
            () => task.phase === 'settled',
            (inner) => call(task, inner),
          )
    if (returned === PENDING) return
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

/** What a task returns that runs others and is told directly what becomes of them. */
const PENDING = Symbol('pending')

function call(task: Task, ctx: AttemptContext): unknown {
  const { scope, node } = task
  const { run, attempts } = node
  if (scope.stopped !== null) throw scope.stopped // a middleware took its time
  if (run !== null) return run(task.argument, ctx)
  if (attempts !== null) {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>()
    scope.perform(task, ctx, { resolve, reject })
    return promise
  }
  // No promise in between: what follows a failure follows at once, before anything else can start.
  const resolve = (output: unknown) => returnedWith(task, output)
  scope.perform(task, ctx, { resolve, reject: (error) => threw(task, error) })
  return PENDING
}

function announce(task: Task): void {
  const { scope, attempt, node } = task
  const { run } = scope
  if (attempt > 1) {
    if (!run.observes('step:attempt')) return
    run.emit('step:attempt', { runId: run.id, at: run.now(), pipeline: node.pipeline, stepId: task.stepId, attempt })
  } else if (node.kind !== 'item' && run.observes('step:start')) {
    const { pipeline, stepId, needs } = task
    run.emit('step:start', { runId: run.id, at: run.now(), pipeline, stepId, needs })
  }
}

export function returnedWith(task: Task, output: unknown): void {
  const { extra, node } = task
  if (task.phase === 'settled') return returnedLate(task)
  if (extra?.failWith) return threw(task, extra.failWith)
  if (node.schema === null) return succeed(task, output)
  const { stepId: step, pipeline } = task
  const { schema } = node
  settleWith(
    () => validate(schema, output, 'OUTPUT_INVALID', `The output of step "${step}"`, { pipeline, step }),
    (valid) => (task.phase === 'settled' ? returnedLate(task) : succeed(task, valid)),
    (error) => threw(task, error),
  )
}

function succeed(task: Task, output: unknown): void {
  settle(task)
  end(task, State.succeeded, output)
}

export function threw(task: Task, error: unknown): void {
  if (task.phase === 'settled') return returnedLate(task)
  settle(task)
  afterFailure(task, task.extra?.failWith ?? error)
}

/** Ends an attempt early: its signal is aborted, and it fails with `reason`. What runs inside it stops first. */
export function abort(task: Task, reason: Error): void {
  const more = task.more()
  if (task.phase === 'settled' || more.failWith !== null) return
  more.failWith = reason
  more.controller?.abort(reason)
  if (more.inner !== null) return more.inner.stop(toAbortReason(reason, task.pipeline))
  // A function that heeds its signal has returned when its promises have gone on.
  void promisesGoOn().then(() => {
    if (task.phase === 'settled') return
    more.stillRunning = true
    settle(task)
    afterFailure(task, reason)
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
  extra.endWait = null
  task.scope.unwatch(task)
  end(task, State.cancelled, reason)
}

/**
 * Takes an attempt that a step middleware did not wait for out of the run: it is told by its signal, and what it does
 * from now on does not count. `cause` is what the middleware threw, if it did.
 */
export function discard(task: Task, cause: unknown): void {
  const { extra } = task
  if (extra === null) return
  extra.dead = true
  extra.sink = null
  extra.endWait?.()
  extra.endWait = null
  if (task.phase !== 'launched') return
  const answered = new Error(`A middleware answered for step "${task.stepId}"`)
  const reason = toAbortReason(cause ?? answered, task.pipeline)
  extra.stillRunning = true
  settle(task)
  extra.controller?.abort(reason)
  extra.inner?.stop(reason)
}

/** Does what the policies decide. What the attempt completed inside is taken back when the failure goes no further. */
function afterFailure(task: Task, error: unknown): void {
  const { scope, extra } = task
  const decision = scope.stopped === null ? decide(task, error) : undefined
  const then =
    decision === undefined
      ? () => fail(task, error)
      : 'retryAt' in decision
        ? () => retry(task, decision, error, relaunch)
        : 'output' in decision
          ? () => end(task, State.succeeded, decision.output)
          : () => fail(task, decision.error)
  const goesOn = decision !== undefined && !('error' in decision)
  if (
    extra !== null &&
    extra.undo !== null &&
    (goesOn || (extra.sink === null && scope.stopped === null && scope.absorbs(task)))
  ) {
    void undoAll(extra.undo).then(() => {
      if (!extra.dead) then()
    })
  } else then()
}

function fail(task: Task, error: unknown): void {
  end(task, task.scope.stopped === null ? State.failed : State.cancelled, error)
}

/** An attempt that had settled has returned: another one may be waiting for that. */
function returnedLate(task: Task): void {
  const { extra } = task
  if (extra === null) return
  extra.stillRunning = false
  extra.onReturn?.()
}

/** Ends an attempt: cleans up after it. */
export function settle(task: Task): void {
  task.phase = 'settled'
  const { extra, scope } = task
  if (extra === null) return
  scope.unwatch(task)
  if (extra.inner !== null) {
    const answered = new Error(`A middleware answered for step "${task.stepId}"`)
    extra.inner.stop(toAbortReason(answered, task.pipeline))
  }
  for (const cleanup of extra.cleanups ?? []) {
    try {
      cleanup()
    } catch (cause) {
      const { stepId: step, pipeline } = task
      const message = `A cleanup of step "${step}" threw: ${messageOf(cause)}`
      scope.run.host.report(new PipelineError('OBSERVER_FAILED', message, { pipeline, step, cause }))
    }
  }
}

/** Tells the step middleware, or the scope, that there is no other attempt. */
export function end(task: Task, as: Settled, value: unknown): void {
  const { extra } = task
  if (extra === null) return task.scope.ended(task, as, value)
  const { sink, dead } = extra
  extra.sink = null
  if (dead) releaseSlot(task)
  else if (sink === null) endStep(task, as, value)
  else {
    sink.ended(as, value)
    // The slot is kept until the middleware has ended.
    if (sink.current !== task) releaseSlot(task)
  }
}

/** Tells the scope that a step has settled. The slot goes last: what becomes ready by this is considered for it. */
export function endStep(task: Task, as: Settled, value: unknown): void {
  task.scope.ended(task, as, value)
  releaseSlot(task)
}
