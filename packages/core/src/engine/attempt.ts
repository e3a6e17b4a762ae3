import { callAt } from '../clock.ts'
import { messageOf, PipelineError } from '../errors.ts'
import type { AttemptContext, Decision, MiddlewareContext } from '../plugin.ts'
import { type Settled, State } from '../scheduler.ts'
import { validate } from '../schema.ts'
import { Skip } from '../skip.ts'
import { isThenable, settleWith, toPromise } from '../thenable.ts'
import { attemptContext, decide, through } from './layers.ts'
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
  const { gate, bare } = scope.run
  if (bare && node.plain) return beginPlain(task)
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

/** The life of a step that nobody asks anything of: the same without the questions, at two thirds of the cost. */
function beginPlain(task: Task): void {
  task.phase = 'launched'
  let returned: unknown
  try {
    returned = task.node.run?.(task.argument, task)
    if (isThenable(returned)) {
      toPromise(returned).then(
        (output) => (task.extra === null ? task.scope.completed(task, output) : returnedWith(task, output)),
        (error: unknown) => threw(task, error),
      )
      return
    }
  } catch (error) {
    return threw(task, error)
  }
  if (task.extra === null) task.scope.completed(task, returned)
  else returnedWith(task, returned)
}

function enter(task: Task): void {
  const { scope, node } = task
  scope.entered(task)
  if (scope.stopped !== null) end(task, State.cancelled, scope.stopped)
  else if (node.steps !== null && task.attempt === 1) around(task)
  else if (node.when === null || task.attempt > 1) launch(task)
  else {
    settleWith(
      () => holds(task),
      (held) => {
        if (held === true) launch(task)
        else end(task, State.skipped, 'condition')
      },
      (error) => end(task, State.failed, error),
    )
  }
}

function holds(task: Task): boolean {
  const held = task.node.when?.(task.argument)
  if (typeof held === 'boolean') return held
  const { stepId: step, pipeline } = task
  const message = `\`when\` of step "${step}" must return a boolean, got ${typeof held}.`
  throw new PipelineError('OUTPUT_INVALID', message, { pipeline, step })
}

/** Runs the step middleware around the condition and all attempts. */
function around(task: Task): void {
  const { node, scope } = task
  /** The last attempt, and whether it failed: then what it completed inside is to be undone, should the step go on. */
  let last: Task | null = null
  let failed = false
  let over = false
  const takeBack = async () => {
    if (failed) await undoAll(last?.extra?.undo)
    failed = false
  }
  const attempts = (ctx: MiddlewareContext): unknown => {
    if (node.when !== null && !holds(task)) return new Skip('condition')
    const launched = (first: Task) => {
      const { promise, resolve, reject } = Promise.withResolvers<unknown>()
      const more = first.more()
      more.context = ctx === task ? null : ctx
      more.sink = (latest, as, value) => {
        last = latest
        failed = as !== State.succeeded
        if (failed) reject(value)
        else resolve(value)
      }
      last = first
      if (first === task) launch(first)
      else begin(first) // the slot of the attempt before was given back
      return promise
    }
    const before = last
    return before === null ? launched(task) : takeBack().then(() => launched(before.again(before.attempt + 1)))
  }
  const done = (as: Settled, value: unknown) => {
    over = true
    const final = last ?? task
    if (final.extra !== null) final.extra.sink = null
    if (failed && as !== State.failed && as !== State.cancelled) void takeBack().then(() => end(final, as, value))
    else end(final, as, value)
  }
  settleWith(
    () => through(task, node.steps ?? [], 0, task, () => over, attempts),
    (output) => {
      if (output instanceof Skip) done(State.skipped, output.reason)
      else done(last === null ? State.restored : State.succeeded, output)
    },
    (error) => done(scope.stopped === null ? State.failed : State.cancelled, error),
  )
}

/** Starts an attempt. */
function launch(task: Task): void {
  const { scope, node, extra } = task
  const { run } = scope
  task.phase = 'launched'
  if (run.timed || node.policies !== null) {
    if (task.startedMono < 0) task.startedMono = run.turn()
    if (task.attempt === 1 && node.kind !== 'item' && run.observes('step:start')) announce(task)
    run.endTurn()
  }
  let returned: unknown
  try {
    const ctx = extra === null || extra.context === null ? task : attemptContext(task, extra.context)
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

function announce(task: Task): void {
  const { run } = task.scope
  const { pipeline, stepId, needs } = task
  run.emit('step:start', { runId: run.id, at: run.now(), pipeline, stepId, needs })
}

function returnedWith(task: Task, output: unknown): void {
  const { extra, node } = task
  if (task.phase === 'settled') return returnedLate(task)
  if (extra !== null && extra.failWith !== null) return threw(task, extra.failWith)
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

function threw(task: Task, error: unknown): void {
  if (task.phase === 'settled') return returnedLate(task)
  settle(task)
  afterFailure(task, task.extra?.failWith ?? error)
}

/** Ends an attempt early: its signal is aborted, and it fails with `reason`. What runs inside it stops first. */
export function abort(task: Task, reason: Error): void {
  if (task.phase === 'settled') return
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
  const message = `Step "${step}" was aborted: ${reason.message}`
  return new PipelineError('CANCELLED', message, { pipeline, step, cause: reason })
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

/** Does what the policies decide. What the attempt completed inside is taken back when the failure goes no further. */
function afterFailure(task: Task, error: unknown): void {
  const { scope, extra } = task
  const decision = scope.stopped === null ? decide(task, error) : undefined
  const then =
    decision === undefined
      ? () => fail(task, error)
      : 'retryAt' in decision
        ? () => retry(task, decision, error)
        : 'output' in decision
          ? () => end(task, State.succeeded, decision.output)
          : () => fail(task, decision.error)
  const goesOn = decision !== undefined && !('error' in decision)
  if (extra !== null && extra.undo !== null && (goesOn || (extra.sink === null && scope.absorbs(task)))) {
    void undoAll(extra.undo).then(then)
  } else then()
}

function fail(task: Task, error: unknown): void {
  end(task, task.scope.stopped === null ? State.failed : State.cancelled, error)
}

function retry(task: Task, { retryAt, overlap }: Extract<Decision, { retryAt: number }>, error: unknown): void {
  const { scope, extra } = task
  const { run } = scope
  const { clock } = run.host
  if (run.observes('step:retry')) {
    const delayMs = Math.max(0, retryAt - clock.now())
    const { pipeline, stepId, attempt } = task
    run.emit('step:retry', { runId: run.id, at: run.now(), pipeline, stepId, attempt, error, retryAt, delayMs })
  }
  const again = task.again(task.attempt + 1)
  const more = again.more()
  again.startedMono = task.startedMono
  more.sink = extra?.sink ?? null
  more.context = extra?.context ?? null
  releaseSlot(task)
  const wait = () => {
    if (scope.stopped !== null) return end(again, State.cancelled, scope.stopped)
    scope.watch(again)
    more.endWait = callAt(clock, retryAt, () => {
      more.endWait = null
      scope.unwatch(again)
      begin(again)
    })
  }
  if (extra?.stillRunning !== true || overlap === true) return wait()
  more.stillRunning = true
  more.endWait = () => {
    extra.onReturn = null
  }
  scope.watch(again)
  extra.onReturn = () => {
    more.stillRunning = false
    scope.unwatch(again)
    wait()
  }
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
  task.phase = 'settled'
  const { extra, scope } = task
  if (extra === null) return
  scope.unwatch(task)
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

function releaseSlot(task: Task): void {
  if (task.extra?.slot !== true) return
  task.extra.slot = false
  task.scope.run.gate?.release()
}

/**
 * Tells the step middleware, or the scope, that there is no other attempt. The slot goes last, so that what became ready
 * by this is considered for it.
 */
function end(task: Task, as: Settled, value: unknown): void {
  const { extra, scope } = task
  if (extra === null) return scope.ended(task, as, value)
  if (extra.sink === null) scope.ended(task, as, value)
  else extra.sink(task, as, value)
  releaseSlot(task)
}
