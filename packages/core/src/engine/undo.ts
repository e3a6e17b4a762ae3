import { derive } from '../context.ts'
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

const NONE: readonly UndoMiddleware[] = []

/** Undoes completed tasks, the last completed first, one after another. An error is recorded, and the others follow. */
export async function undoAll(list: Undoable[] | null = []): Promise<void> {
  for (const { task, output } of (list ?? []).splice(0).sort((a, b) => b.order - a.order)) {
    const { scope, node } = task
    const { run } = scope
    let error: { thrown: unknown } | null = null
    let over = false
    try {
      const ctx = derive<MiddlewareContext>(task, { signal: new AbortController().signal })
      const undo = (inner: MiddlewareContext) => node.undo?.(output, inner)
      await through(task, node.undos ?? NONE, 0, ctx, () => over, undo)
    } catch (thrown) {
      error = { thrown }
    }
    over = true
    scope.undone(task, error)
    if (run.observes('step:undo')) {
      const { pipeline, stepId } = task
      const event = { runId: run.id, at: run.now(), pipeline, stepId }
      run.emit('step:undo', error === null ? event : { ...event, error: error.thrown })
    }
  }
}
