import { toAbortReason } from '../abort.ts'
import type { AttemptContext } from '../plugin.ts'
import { validate } from '../schema.ts'
import type { CompiledPipeline } from './compiled.ts'
import type { Reporter } from './records.ts'
import type { Inner, Task, Undoable } from './task.ts'
import { isThenable } from './thenable.ts'

/** What runs inside a task: an execution of a pipeline, or the items of a map. */
export interface Body extends Inner {
  /** Starts it. */
  pump(): void
}

/** How a body ended. */
export interface Outcome {
  readonly failure: { readonly error: unknown; readonly path: string } | null
  readonly stopped: unknown
  readonly undo: Undoable[] | null
  readonly output: unknown
}

/** Runs a pipeline inside a task; its steps have paths that begin with `path` and a slash. `keep` is told of it. */
export type RunInner = (
  task: Task,
  ctx: AttemptContext,
  inner: CompiledPipeline,
  input: unknown,
  path: string,
  keep: (reporter: Reporter) => void,
) => unknown

/** Runs a body inside a task, which stops when the task does. Resolves with the output of the body. */
export function inside(
  task: Task,
  ctx: AttemptContext,
  make: (done: (outcome: Outcome) => void) => Body,
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const { scope } = task
    if (scope.stopped !== null || task.settled) return reject(scope.stopped ?? new Error('The attempt is over.'))
    const more = task.more()
    const body = make((outcome) => {
      more.inner = null
      if (outcome.undo !== null) (more.undo ??= []).push(...outcome.undo)
      if (outcome.failure !== null) {
        more.failedAt = outcome.failure.path
        reject(outcome.failure.error)
      } else if (outcome.stopped !== null) reject(outcome.stopped)
      else resolve(outcome.output)
    })
    more.inner = body
    scope.watch(task)
    if (ctx !== task) follow(task, ctx, body)
    body.pump()
  })
}

/** A middleware may have given the context a signal of its own. */
function follow(task: Task, { signal }: AttemptContext, body: Body): void {
  if (signal === task.signal) return
  const stop = () => body.stop(toAbortReason(signal.reason, task.pipeline))
  signal.addEventListener('abort', stop, { once: true })
  task.defer(() => signal.removeEventListener('abort', stop))
}

/** Checks the input of an inner pipeline, and goes on with it. */
export function withInput(
  task: Task,
  inner: CompiledPipeline,
  input: unknown,
  go: (input: unknown) => unknown,
): unknown {
  if (inner.schema === null) return go(input)
  const { name } = inner.owner
  const details = { pipeline: name, step: task.stepId }
  const valid = validate(
    inner.schema,
    input,
    'INPUT_INVALID',
    `The input of pipeline "${name}", called by step "${task.stepId}",`,
    details,
  )
  return isThenable(valid) ? valid.then(go) : go(valid)
}
