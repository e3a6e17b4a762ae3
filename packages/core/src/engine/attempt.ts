import { toAbortReason } from '../abort.ts'
import { messageOf, PipelineError } from '../errors.ts'
import { isIsolated } from '../isolated.ts'
import type { AttemptContext } from '../plugin.ts'
import { type Settled, State } from '../scheduler.ts'
import { validate } from '../schema.ts'
import { Skip } from '../skip.ts'
import { isThenable, settleWith, toPromise } from '../thenable.ts'
import { releaseSlot } from './admit.ts'
import { attemptContext, decide, through } from './layers.ts'
import { dueOf, retry } from './retry.ts'
import type { Task } from './task.ts'
import { takeBack, undoAll } from './undo.ts'

/*
 * The life of a task: begin → gate → [step middleware] → condition → launch → [attempt middleware] → function → settle →
 * policy. Callbacks, not async functions: an async frame for each step costs more than the step.
 */

/** Starts an attempt that is not the first, unless its scope has stopped meanwhile. */
export function relaunch(task: Task): void {
  const { scope, extra } = task
  if (extra?.layer?.over === true) return releaseSlot(task)
  scope.entered(task)
  if (scope.stopped === null) launch(task)
  else end(task, State.cancelled, scope.stopped)
}

/** Starts an attempt. */
export function launch(task: Task): void {
  const { node, extra } = task
  const derived = extra?.context ?? null
  task.phase = 'launched'
  if (derived !== null && derived.attempt > task.tries) task.tries = derived.attempt // it goes on where another process left off
  if (task.scope.run.timed || node.policies !== null) announce(task)
  let returned: unknown
  try {
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
    if (node.attempts !== null) watchCall(task, returned)
    if (isThenable(returned)) {
      toPromise(returned).then(
        (output) => returnedWith(task, output),
        (error: unknown) => threw(task, error),
      )
      return
    }
  } catch (error) {
    watchCall(task, undefined)
    return threw(task, error)
  }
  returnedWith(task, returned)
}

/**
 * Attempt middleware has returned. Unless that is what the function returned to it, it may answer before the function has
 * returned: from now on it is known when that is.
 */
function watchCall(task: Task, returned: unknown): void {
  const { extra } = task
  if (extra === null) return
  const { call } = extra
  extra.call = WATCHED
  if (call !== null && call !== returned) watch(task, call as PromiseLike<unknown>)
}

function watch(task: Task, call: PromiseLike<unknown>): void {
  const more = task.more()
  const returned = () => {
    if (--more.inFlight === 0 && task.phase === 'settled') returnedLate(task)
  }
  more.inFlight++
  call.then(returned, returned)
}

/** In the place of a call: those that follow are watched at once. */
const WATCHED = Symbol('watched')

/** What a task returns that runs others and is told directly what becomes of them. */
const PENDING = Symbol('pending')

function call(task: Task, ctx: AttemptContext): unknown {
  const { scope, node, extra } = task
  const { run, attempts } = node
  if (scope.stopped !== null) throw scope.stopped // a middleware took its time
  if (run !== null) {
    const answer = run(task.argument, ctx)
    if (attempts === null || !isThenable(answer)) return answer
    const returned = toPromise(answer) // a thenable may do its work each time that it is asked
    const more = task.more()
    if (more.call === null) more.call = returned
    else watch(task, returned)
    return returned
  }
  if (attempts !== null) {
    if (extra?.inner) throw overlapping(task)
    // A middleware that called `next` before goes on without what that completed.
    if (extra?.lost) return takeBack(task)?.then(() => call(task, ctx))
    const { promise, resolve, reject } = Promise.withResolvers<unknown>()
    scope.perform(task, ctx, { resolve, reject })
    return promise
  }
  // No promise in between: what follows a failure follows at once, before anything else can start.
  const resolve = (output: unknown) => returnedWith(task, output)
  scope.perform(task, ctx, { resolve, reject: (error) => threw(task, error) })
  return PENDING
}

function overlapping({ stepId: step, pipeline }: Task): PipelineError {
  const message = `A middleware of step "${step}" of pipeline "${pipeline}" called \`next\` while what it called before was running.`
  return new PipelineError('PLUGIN_INVALID', message, { pipeline, step })
}

/** The attempt starts: the time is taken, and those who observe are told. */
export function announce(task: Task): void {
  const { scope, tries: attempt, node } = task
  const { run } = scope
  const first = task.startedMono === null
  if (first) task.startedMono = run.turn()
  if (first && node.kind !== 'item' && run.observes('step:start')) {
    const { pipeline, stepId, needs, extra } = task
    const event = { runId: run.id, at: run.now(), pipeline, stepId, needs }
    run.emit('step:start', run.gate === null ? event : { ...event, waitMs: extra?.waitMs ?? 0 })
  }
  if (attempt > 1 && run.observes('step:attempt')) {
    run.emit('step:attempt', { runId: run.id, at: run.now(), pipeline: node.pipeline, stepId: task.stepId, attempt })
  }
  run.endTurn()
}

export function returnedWith(task: Task, output: unknown): void {
  const { extra, node } = task
  if (task.phase === 'settled') return returnedLate(task)
  if (extra?.failWith) return threw(task, extra.failWith)
  if (output instanceof Skip) {
    const { stepId: step, pipeline } = task
    const message = `Step "${step}" returned a \`skip\`, which is for step middleware: give it a condition, \`when\`.`
    return threw(task, new PipelineError('OUTPUT_INVALID', message, { pipeline, step }))
  }
  const { schema } = node
  if (schema === null) return succeed(task, output)
  const { stepId: step, pipeline } = task
  settleWith(
    () => validate(schema, output, 'OUTPUT_INVALID', `The output of step "${step}"`, { pipeline, step }),
    (valid) => (task.phase === 'settled' ? returnedLate(task) : succeed(task, valid)),
    (error) => threw(task, error),
  )
}

function succeed(task: Task, output: unknown): void {
  settle(task)
  if (task.extra === null) return endStep(task, State.succeeded, output)
  whenStopped(task, () => {
    const { extra } = task
    // A middleware rescued the attempt from what failed inside: what that completed is taken back.
    if (!extra?.lost) return end(task, State.succeeded, output)
    void undoAll(extra.lost).then(() => end(task, State.succeeded, output))
  })
}

export function threw(task: Task, error: unknown): void {
  if (task.phase === 'settled') return returnedLate(task)
  settle(task)
  whenStopped(task, () => afterFailure(task, task.extra?.failWith ?? error))
}

/** Calls `then` when nothing runs inside an attempt that has settled. */
export function whenStopped({ extra }: Task, then: () => void): void {
  if (!extra?.inner) then()
  else extra.onReturn = then
}

/** Does what the policies decide. What the attempt completed inside is taken back before, unless the failure goes further; nothing is done when that was left off. */
export function afterFailure(task: Task, error: unknown): void {
  const { scope, extra } = task
  const decision = scope.stopped === null ? decide(task, error) : undefined
  const due = dueOf(task, decision)
  const goOn = () => {
    if (extra?.layer?.over === true) releaseSlot(task)
    else if (decision === undefined || scope.run.interrupted !== null) fail(task, error)
    else if ('retryAt' in decision) retry(task, decision, due, error, relaunch)
    else if ('output' in decision) end(task, State.succeeded, decision.output)
    else fail(task, decision.error)
  }
  const rescued = decision !== undefined && !('error' in decision)
  const absorbed = !extra?.layer && !isIsolated(error) && scope.stopped === null && scope.absorbs(task)
  const undoing = rescued || absorbed ? takeBack(task) : null
  if (undoing === null) goOn()
  else void undoing.then(goOn)
}

const fail = (task: Task, error: unknown): void =>
  end(task, task.scope.stopped === null ? State.failed : State.cancelled, error)

/** What an attempt ran has come to an end although the attempt had settled: another one may be waiting for that. */
export function returnedLate({ extra }: Task): void {
  if (extra === null || extra.inFlight > 0) return
  extra.stillRunning = false
  const then = extra.onReturn
  extra.onReturn = null
  then?.()
}

/** Ends an attempt: cleans up after it. */
export function settle(task: Task): void {
  task.phase = 'settled'
  const { extra, scope } = task
  if (extra === null) return
  scope.unwatch(task)
  if (extra.inner !== null || extra.inFlight > 0) {
    const reason = toAbortReason(new Error(`A middleware answered for step "${task.stepId}"`), task.pipeline)
    extra.stillRunning ||= extra.inFlight > 0
    extra.controller?.abort(reason)
    extra.inner?.stop(reason)
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
  const layer = task.extra?.layer ?? null
  if (layer === null) endStep(task, as, value)
  else if (layer.over) releaseSlot(task)
  else layer.ended(as, value) // the slot is kept until the middleware has answered
}

/** Tells the scope that a step has settled. The slot goes last: what becomes ready by this is considered for it. */
export function endStep(task: Task, as: Settled, value: unknown): void {
  task.scope.ended(task, as, value)
  releaseSlot(task)
}
