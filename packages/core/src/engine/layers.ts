import { PipelineError } from '../errors.ts'
import { isIsolated } from '../isolated.ts'
import type { AttemptContext, Decision, MiddlewareContext } from '../plugin.ts'
import type { Task } from './task.ts'

/**
 * Runs layers of middleware from layer `depth` inwards, and `innermost` inside them. `over` says when `next` may not be
 * called any more.
 */
export function through<C extends MiddlewareContext>(
  task: Task,
  layers: readonly ((ctx: C, next: (ctx?: C) => unknown) => unknown)[],
  depth: number,
  ctx: C,
  over: () => boolean,
  innermost: (ctx: C) => unknown,
): unknown {
  const layer = layers[depth]
  if (layer === undefined) return innermost(ctx)
  return layer(ctx, (next = ctx) => {
    if (over()) throw nextAfterSettle(task)
    return through(task, layers, depth + 1, next, over, innermost)
  })
}

export function nextAfterSettle(task: Task): PipelineError {
  const { stepId: step, pipeline } = task
  const message = `A middleware called \`next\` after step "${step}" of pipeline "${pipeline}" had settled.`
  return new PipelineError('NEXT_AFTER_SETTLE', message, { pipeline, step })
}

/** The context that step middleware derived, for one attempt: its own number, signal and abort, the rest as derived. */
export function attemptContext(task: Task, derived: object): AttemptContext {
  return Object.create(derived, { self: { value: task }, attempt: { value: task.tries } }) as AttemptContext
}

function isDecision(answer: Decision): boolean {
  return 'retryAt' in answer ? Number.isFinite(answer.retryAt) : 'output' in answer || 'error' in answer
}

function noDecision(task: Task, cause: unknown): PipelineError {
  const { stepId: step, pipeline } = task
  const message = `A policy answered for step "${step}" with something that is not a decision ({ retryAt }, { output } or { error }).`
  return new PipelineError('PLUGIN_INVALID', message, { pipeline, step, cause })
}

/**
 * What the policies decide about a failed attempt: the first decision counts. A policy that throws fails the step. They are
 * not asked about an isolated failure.
 */
export function decide(task: Task, error: unknown): Decision | undefined {
  const { policies } = task.node
  if (policies === null || isIsolated(error)) return undefined
  const now = task.scope.run.host.clock.monotonic()
  const elapsedMs = now - (task.startedMono ?? now)
  try {
    for (const policy of policies) {
      const decision = policy({ error, attempt: task.tries, elapsedMs, ctx: task })
      if (decision === undefined) continue
      return isDecision(decision) ? decision : { error: noDecision(task, error) }
    }
    return undefined
  } catch (thrown) {
    return { error: thrown }
  }
}
