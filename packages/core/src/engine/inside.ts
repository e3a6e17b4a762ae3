import { toAbortReason } from '../abort.ts'
import type { AttemptContext } from '../plugin.ts'
import { validate } from '../schema.ts'
import type { CompiledPipeline } from './compiled.ts'
import type { Reporter } from './records.ts'
import type { Inner, Task, Undoable } from './task.ts'
import { isThenable } from '../thenable.ts'

/** What runs inside a task: an execution of a pipeline, or the items of a map. */
export interface Body extends Inner {
  /** Starts it. */
  pump(): void
}

/** The first failure inside. */
export interface FirstFailure {
  readonly error: unknown
  /** Path of the step that threw. */
  readonly path: string
}

/** How a body ended. */
export interface Outcome {
  readonly failure: FirstFailure | null
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

/** Learns how a body ended, once. */
export interface Owner {
  ended(outcome: Outcome): void
}

/** Runs a body inside a task, which stops when the task does. Resolves with the output of the body. */
export function inside(task: Task, ctx: AttemptContext, make: (owner: Owner) => Body): Promise<unknown> {
  const { promise, resolve, reject } = Promise.withResolvers<unknown>()
  const { scope } = task
  if (scope.stopped !== null || task.settled) {
    reject(scope.stopped ?? new Error('The attempt is over.'))
    return promise
  }
  const more = task.more()
  const ended = ({ undo, failure, stopped, output }: Outcome) => {
    more.inner = null
    if (undo !== null) (more.undo ??= []).push(...undo)
    if (failure !== null) {
      more.failedAt = failure.path
      reject(failure.error)
    } else if (stopped !== null) reject(stopped)
    else resolve(output)
  }
  const body = make({ ended })
  more.inner = body
  scope.watch(task)
  if (ctx !== task) follow(task, ctx, body)
  body.pump()
  return promise
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
