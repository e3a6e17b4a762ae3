import {
  type Clock,
  definePlugin,
  type Duration,
  type MiddlewareContext,
  PipelineError,
  type Plugin,
  type StepMiddleware,
} from '@pipe/core'
import { Deadlines } from './deadlines.ts'
import { checkDefaults, limitsOf, type TimeoutOptions } from './options.ts'

/**
 * Makes the plugin that owns the step option `timeout`: limits on the time of each attempt, and of all attempts of a
 * step together. What takes longer fails with a `PipelineError` with code `TIMEOUT`, which is the reason of its signal.
 *
 * @param defaults limits of functions whose steps do not name their own; a duration is one for attempts
 * @throws PipelineError `OPTION_INVALID`; for the options of a step, the run rejects with it before anything starts
 */
export function timeout(defaults: Duration | TimeoutOptions = {}): Plugin {
  const common = checkDefaults(defaults)
  const lists = new Map<number, Deadlines>()
  let clock: Clock | undefined

  const deadlinesOf = (limit: number): Deadlines => {
    let list = lists.get(limit)
    if (list === undefined) lists.set(limit, (list = new Deadlines(clock!, limit)))
    return list
  }

  return definePlugin({
    name: 'timeout',
    stepOptions: ['timeout'],
    setup(host) {
      if (clock !== undefined)
        throw new PipelineError('PLUGIN_INVALID', 'This plugin belongs to another pipe: call timeout() for each pipe.')
      clock = host.clock
    },
    close() {
      clock = undefined
      lists.clear()
    },
    attempt(step) {
      const { attempt: limit, grace } = limitsOf(step, common)
      if (limit === Infinity) return undefined
      return (ctx, next) => {
        const expire = () => ctx.abort(tooLong(`Attempt ${ctx.attempt}`, 'timeout', limit, ctx), grace)
        ctx.defer(deadlinesOf(limit).add(expire))
        return next()
      }
    },
    step(step) {
      const { total: limit } = limitsOf(step, common)
      return limit === Infinity ? undefined : withinTotal(limit, () => deadlinesOf(limit))
    },
  })
}

/** The engine ends what runs inside, an attempt or a wait, when this answers. */
function withinTotal(limit: number, deadlines: () => Deadlines): StepMiddleware {
  return async (ctx, next) => {
    const { promise, reject } = Promise.withResolvers<never>()
    const forget = deadlines().add(() => reject(tooLong('The attempts', 'timeout.total', limit, ctx)))
    try {
      return await Promise.race([next(), promise])
    } finally {
      forget()
    }
  }
}

function tooLong(what: string, option: string, limit: number, ctx: MiddlewareContext): PipelineError {
  const { pipeline, stepId: step } = ctx
  const message = `${what} of step "${step}" of pipeline "${pipeline}" took longer than ${limit} ms, the limit of \`${option}\`.`
  return new PipelineError('TIMEOUT', message, { pipeline, step, plugin: 'timeout' })
}
