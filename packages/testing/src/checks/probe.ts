import { type AttemptMiddleware, derive, type Plugin, type StepMiddleware } from '@pipe/core'

/** A neutral plugin: it wraps everything, changes nothing, and hands on contexts of its own. */
export function neutral(name: string): Plugin {
  const onStep: StepMiddleware = (ctx, next) => next(derive(ctx, {}))
  const onAttempt: AttemptMiddleware = (ctx, next) => next(derive(ctx, {}))
  return {
    name,
    step: () => onStep,
    attempt: () => onAttempt,
    undo: () => onStep,
    policy: () => () => undefined,
    hooks: { 'step:end': () => undefined },
  }
}

/** A plugin that calls what is inside of it twice, on both layers; the second outcome counts. */
export function twice(name: string): Plugin {
  const again = async (_: unknown, next: () => unknown): Promise<unknown> => {
    try {
      await next()
    } catch {
      // the second one counts
    }
    return next()
  }
  return {
    name,
    step: ({ kind }) => (kind === 'map' ? undefined : again),
    attempt: ({ kind }) => (kind === 'map' ? undefined : again),
  }
}
