import type { MiddlewareContext } from '../plugin.ts'
import { type Settled, State } from '../scheduler.ts'
import { Skip } from '../skip.ts'
import { isThenable, settleWith, toPromise } from '../thenable.ts'
import { discard, end, endStep, launch, relaunch, returnedWith, threw } from './attempt.ts'
import { admit, passSlot } from './admit.ts'
import { asBoolean } from './answers.ts'
import { through } from './layers.ts'
import type { Sink, Task } from './task.ts'
import { undoAll } from './undo.ts'

/** Starts a task, now or when the gate lets it in: step middleware, condition, attempts. */
export function begin(task: Task): void {
  if (task.scope.run.bare && task.node.plain) beginPlain(task)
  else admit(task, enter)
}

/** The life of a step that nobody asks anything of: the same without the questions, about a seventh cheaper. */
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
  else if (node.steps !== null) around(task)
  else if (node.when === null) launch(task)
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
  return asBoolean(task.node.when?.(task.argument), 'when', task)
}

/** Runs the step middleware around the condition and all attempts. */
function around(task: Task): void {
  const { node, scope } = task
  /** The attempts that `next` made, and whether the last of them failed. */
  let sink: Sink | null = null
  let failed = false
  let over = false

  /** When the step goes on after a failure, what that attempt completed inside is undone first. */
  const takeBack = async () => {
    if (failed) await undoAll(sink?.current.extra?.undo)
    failed = false
  }
  const attempts = (ctx: MiddlewareContext): unknown => {
    if (scope.stopped !== null) throw scope.stopped // a middleware took its time
    if (node.when !== null && !holds(task)) return new Skip('condition')
    const before = sink?.current
    if (before === undefined) return attempt(task, ctx, launch)
    return takeBack().then(() => {
      const again = before.again(before.attempt + 1)
      return attempt(again, ctx, passSlot(before, again) ? relaunch : (next) => admit(next, relaunch))
    })
  }
  const attempt = (first: Task, ctx: MiddlewareContext, start: (task: Task) => void): Promise<unknown> => {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>()
    const ended = (as: Settled, value: unknown) => {
      failed = as !== State.succeeded
      if (failed) reject(value)
      else resolve(value)
    }
    const more = first.more()
    sink = { current: first, ended }
    more.sink = sink
    more.context = ctx === task ? null : ctx
    start(first)
    return promise
  }
  const done = (as: Settled, value: unknown) => {
    over = true
    const last = sink?.current ?? task
    discard(last, as === State.failed ? value : undefined)
    const failure = as === State.failed || as === State.cancelled
    if (!failed || (failure && !(as === State.failed && scope.absorbs(task)))) endStep(last, as, value)
    // The run may have been stopped while it was taken back.
    else void takeBack().then(() => endStep(last, failure && scope.stopped !== null ? State.cancelled : as, value))
  }
  settleWith(
    () => through(task, node.steps ?? [], 0, task, () => over, attempts),
    (output) => {
      if (output instanceof Skip) done(State.skipped, output.reason)
      else done(sink === null ? State.restored : State.succeeded, output)
    },
    (error) => done(scope.stopped === null ? State.failed : State.cancelled, error),
  )
}
