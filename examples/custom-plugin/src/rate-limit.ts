import {
  type AttemptContext,
  definePlugin,
  optionSite,
  PipelineError,
  type Plugin,
  type PluginHost,
  type StepEvent,
} from '@pipe/core'
import type { Bucket } from './bucket.ts'
import type { Rate } from './rate.ts'
import { type RateLimits, rateLimits } from './rate-limits.ts'

declare module '@pipe/core' {
  interface StepOptions {
    /** Each attempt takes a permit first: of the bucket with this name, or of one that only this step has. */
    readonly rateLimit?: string | Rate
  }
  interface Hooks {
    /** An attempt begins to wait for a permit. */
    'rate-limit:wait': (event: RateLimitWait) => void
  }
}

/** An attempt begins to wait for a permit. */
export interface RateLimitWait extends StepEvent {
  readonly attempt: number
  /** The bucket: its name, or the path of the step when it is the step's own. */
  readonly bucket: string
  /** Why it waits: how many wait already; with 0 only the permit is missing. */
  readonly ahead: number
  /** How long it will take, ms; less when somebody leaves the queue. */
  readonly waitMs: number
}

/**
 * Makes the plugin that owns the step option `rateLimit`: an attempt starts when it has a permit. Items of a map, attempts
 * after a failure and runs at the same time all take theirs from one bucket.
 *
 * The object belongs to one pipe.
 *
 * @param limits the buckets with names. The same one may be given to the plugins of several pipes, and to steps as a service
 * @throws PipelineError `OPTION_INVALID`, for the option of a step: the run rejects with it before anything starts
 */
export function rateLimit(limits: RateLimits = rateLimits()): Plugin {
  let host: PluginHost | undefined

  const tell = (ctx: AttemptContext, bucket: string, { waiting, delay }: Bucket) => {
    const { runId, pipeline, stepId, attempt } = ctx
    const where = { runId, pipeline, stepId, attempt, at: ctx.now() }
    host?.events.emit('rate-limit:wait', { ...where, bucket, ahead: waiting, waitMs: delay })
  }

  return definePlugin({
    name: 'rate-limit',
    stepOptions: ['rateLimit'],
    setup(its) {
      if (host !== undefined)
        throw new PipelineError(
          'PLUGIN_INVALID',
          'This plugin belongs to another pipe: call rateLimit() for each pipe.',
        )
      host = its
    },
    close() {
      host = undefined
    },
    attempt(step) {
      const { id, kind, options } = step
      const { rateLimit: option } = options
      if (option === undefined || kind === 'map') return undefined // the option of a map is meant for its items
      const site = optionSite(step, 'rate-limit', 'rateLimit', 'a rate, such as { permits: 9 }, or a name')
      const bucket = limits.bucketOf(option, site)
      const name = typeof option === 'string' ? option : id
      return (ctx, next) => {
        if (!bucket.free) tell(ctx, name, bucket)
        return bucket.use(next, ctx.signal)
      }
    },
  })
}
