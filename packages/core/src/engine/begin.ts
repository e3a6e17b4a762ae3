import { State } from '../scheduler.ts'
import { Skip } from '../skip.ts'
import { isThenable, toPromise } from '../thenable.ts'
import { admit } from './admit.ts'
import { holds } from './answers.ts'
import { Around } from './around.ts'
import { announce, end, launch, returnedWith, threw } from './attempt.ts'
import type { Task } from './task.ts'

/** Starts a task, now or when the gate lets it in: step middleware, condition, attempts. */
export function begin(task: Task): void {
  if (task.node.plain && task.scope.run.unbounded) beginPlain(task)
  else admit(task, enter)
}

/** The life of a step that nobody asks anything of: the same without the questions, a quarter cheaper. */
function beginPlain(task: Task): void {
  const { node, scope } = task
  task.phase = 'launched'
  if (scope.run.timed) announce(task)
  let output: unknown
  try {
    output = node.run!(task.argument, task)
    if (isThenable(output)) {
      toPromise(output).then(
        (settled) => returned(task, settled),
        (error: unknown) => threw(task, error),
      )
      return
    }
  } catch (error) {
    return threw(task, error)
  }
  returned(task, output)
}

function returned(task: Task, output: unknown): void {
  if (task.extra === null && !(output instanceof Skip)) task.scope.completed(task, output)
  else returnedWith(task, output)
}

function enter(task: Task): void {
  const { scope, node } = task
  scope.entered(task)
  if (scope.stopped !== null) return end(task, State.cancelled, scope.stopped)
  if (node.steps !== null) return new Around(task, node.steps).run()
  let held: boolean
  try {
    held = holds(task)
  } catch (error) {
    return end(task, State.failed, error)
  }
  if (held) launch(task)
  else end(task, State.skipped, 'condition')
}
