import { toAbortReason } from '../abort.ts'
import { PipelineError } from '../errors.ts'
import { isolated } from '../isolated.ts'
import type { AttemptContext } from '../plugin.ts'
import { validate } from '../schema.ts'
import type { CompiledPipeline } from './compiled.ts'
import type { Reporter } from './records.ts'
import { returnedLate } from './attempt.ts'
import type { Inner, Task, Undoable } from './task.ts'
import { joined } from './undo.ts'
import { type Completion, settleWith } from '../thenable.ts'

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
  /** Whether nothing was stopped by it. */
  readonly isolated: boolean
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
  completion: Completion,
) => void

/** Learns how a body ended, once. */
export interface Owner {
  ended(outcome: Outcome): void
}

/** Runs a body inside a task, which stops when the task does. */
export function inside(
  task: Task,
  ctx: AttemptContext,
  { resolve, reject }: Completion,
  make: (owner: Owner) => Body,
): void {
  const { scope } = task
  if (scope.stopped !== null || task.phase === 'settled')
    return reject(scope.stopped ?? new Error('The attempt is over.'))
  const more = task.more()
  const ended = ({ undo, failure, stopped, output }: Outcome) => {
    more.inner = null
    const succeeded = failure === null && stopped === null
    if (undo !== null) {
      if (succeeded) more.undo = joined(more.undo, undo)
      else more.lost = joined(more.lost, undo)
    }
    if (succeeded) resolve(output)
    else {
      more.failedAt = failure?.path ?? null
      if (failure === null) reject(stopped)
      else reject(failure.isolated ? isolated(failure.error) : failure.error)
    }
    if (task.phase === 'settled') returnedLate(task)
  }
  const body = make({ ended })
  if (ctx !== task) follow(task, ctx, body)
  more.inner = body
  scope.watch(task)
  body.pump()
}

/** A middleware may have given the context a signal of its own. */
function follow(task: Task, { signal }: Partial<AttemptContext>, body: Body): void {
  if (signal === undefined) {
    const { stepId: step, pipeline } = task
    const message = `A middleware of step "${step}" handed on a context without a signal; make it with \`derive\`.`
    throw new PipelineError('PLUGIN_INVALID', message, { pipeline, step })
  }
  if (signal === task.signal) return
  const stop = () => body.stop(toAbortReason(signal.reason, task.pipeline))
  if (signal.aborted) return stop()
  signal.addEventListener('abort', stop, { once: true })
  task.defer(() => signal.removeEventListener('abort', stop))
}

/** Checks the input of an inner pipeline, and goes on with it. */
export function withInput(
  task: Task,
  inner: CompiledPipeline,
  input: unknown,
  { reject }: Completion,
  go: (input: unknown) => void,
): void {
  const { schema } = inner
  if (schema === null) return go(input)
  const { name } = inner.owner
  const what = `The input of pipeline "${name}", called by step "${task.stepId}",`
  const details = { pipeline: name, step: task.stepId }
  const goOn = (valid: unknown) => {
    try {
      go(valid)
    } catch (error) {
      reject(error)
    }
  }
  settleWith(() => validate(schema, input, 'INPUT_INVALID', what, details), goOn, reject)
}
