import { callAt } from '../clock.ts'
import { derive } from '../context.ts'
import { toMs } from '../duration.ts'
import { PipelineError } from '../errors.ts'
import type { MiddlewareContext, UndoMiddleware } from '../plugin.ts'
import { through } from './layers.ts'
import type { Task, Undoable } from './task.ts'

/** Adds to a list of what can be undone. A loop: as arguments of `push`, a hundred thousand overflow the stack. */
export function joined(list: Undoable[] | null, more: readonly Undoable[]): Undoable[] {
  const all = list ?? []
  for (const one of more) all.push(one)
  return all
}

/** Undoes what an attempt completed inside; `null` when that is nothing. */
export function takeBack({ extra }: Task): Promise<void> | null {
  if (extra === null || (extra.undo === null && extra.lost === null)) return null
  const list = joined(extra.undo, extra.lost ?? [])
  extra.undo = extra.lost = null
  return undoAll(list)
}

/**
 * Undoes completed tasks, the last completed first, one after another. An error is recorded, and the others follow. Stops
 * between two of them when somebody else goes on with it.
 */
export async function undoAll(list: Undoable[] | null = []): Promise<void> {
  for (const { task, output } of (list ?? []).splice(0).sort((a, b) => b.order - a.order)) {
    const { run } = task.scope
    if (run.interrupted !== null) return
    const error = await undo(task, output)
    const counts = (run.undos ??= { done: 0, failed: 0 })
    counts[error === null ? 'done' : 'failed']++
    task.scope.undone(task, error)
    if (run.observes('step:undo')) {
      const { pipeline, stepId } = task
      const event = { runId: run.id, at: run.now(), pipeline, stepId }
      run.emit('step:undo', error === null ? event : { ...event, error: error.thrown })
    }
  }
}

const NONE: readonly UndoMiddleware[] = []

/** Undoes a completed task, within the time that the run gives it. Answers with what that threw. */
async function undo(task: Task, output: unknown): Promise<{ readonly thrown: unknown } | null> {
  const { node, scope } = task
  const { undoTimeout } = scope.run.options
  const controller = new AbortController()
  const late = Promise.withResolvers<never>()
  const forget = undoTimeout === undefined ? null : limit(task, toMs(undoTimeout), controller, late.reject)
  let over = false
  try {
    const ctx = derive<MiddlewareContext>(task, { signal: controller.signal })
    const innermost = (inner: MiddlewareContext) => node.undo?.(output, inner)
    const undone = through(task, node.undos ?? NONE, 0, ctx, () => over, innermost)
    await (forget === null ? undone : Promise.race([undone, late.promise]))
    return null
  } catch (thrown) {
    return { thrown }
  } finally {
    over = true
    forget?.()
  }
}

/** Gives up the undo of a task `ms` from now: its signal aborts, and `late` gets the reason. Answers with what forgets that. */
function limit(task: Task, ms: number, controller: AbortController, late: (reason: Error) => void): () => void {
  if (ms === Infinity) return () => undefined
  const { clock } = task.scope.run.host
  return callAt(clock, clock.monotonic() + ms, () => {
    const { stepId: step, pipeline } = task
    const message = `The undo of step "${step}" of pipeline "${pipeline}" was not done after ${ms} ms.`
    const reason = new PipelineError('TIMEOUT', message, { pipeline, step })
    controller.abort(reason)
    late(reason)
  })
}
