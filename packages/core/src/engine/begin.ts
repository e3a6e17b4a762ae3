import { PipelineError } from '../errors.ts'
import type { MiddlewareContext } from '../plugin.ts'
import { type Settled, State } from '../scheduler.ts'
import { Skip } from '../skip.ts'
import { isThenable, settleWith, toPromise } from '../thenable.ts'
import { admit, end, launch, relaunch, returnedWith, threw } from './attempt.ts'
import { through } from './layers.ts'
import type { Task } from './task.ts'
import { undoAll } from './undo.ts'

/** Starts a task, now or when the gate lets it in: step middleware, condition, attempts. */
export function begin(task: Task): void {
  if (task.scope.run.bare && task.node.plain) beginPlain(task)
  else admit(task, enter)
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
      else admit(first, relaunch) // the slot of the attempt before was given back
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
