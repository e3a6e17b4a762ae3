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

/** What `plugin` does, but for what `parts` do instead. Its methods are called on it, as a pipe calls them. */
export function replaced(plugin: Plugin, parts: Partial<Plugin>): Plugin {
  const { name, stepOptions, run, context, hooks } = plugin
  return {
    name,
    ...(stepOptions !== undefined && { stepOptions }),
    ...(run !== undefined && { run }),
    ...(context !== undefined && { context }),
    ...(hooks !== undefined && { hooks }),
    setup: (host) => plugin.setup?.(host),
    close: () => plugin.close?.(),
    step: (step) => plugin.step?.(step),
    attempt: (step) => plugin.attempt?.(step),
    policy: (step) => plugin.policy?.(step),
    undo: (step) => plugin.undo?.(step),
    dryRun: (step, run) => plugin.dryRun?.(step, run),
    ...parts,
  }
}
