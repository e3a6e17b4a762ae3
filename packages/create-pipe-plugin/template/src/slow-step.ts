import { definePlugin, type Plugin, PipelineError, type PluginHost } from '@pipe/core'
import { checkDefaults, settingsOf, type SlowStepOptions } from './options.ts'

declare module '@pipe/core' {
  interface Hooks {
    /** An attempt takes longer than its step should. It goes on: nobody stops it. */
    'slow-step:slow': (event: SlowAttempt) => void
  }
}

/** An attempt that is slow. */
export interface SlowAttempt {
  readonly runId: string
  readonly pipeline: string
  /** The path of the step in the run. */
  readonly stepId: string
  /** Counted from 1. */
  readonly attempt: number
  /** The milliseconds it has taken so far. */
  readonly afterMs: number
}

/**
 * Makes the plugin that owns the step option `slowStep`: it tells the observers of the pipe about attempts that take too
 * long, while they run. Steps without the option pay nothing.
 *
 * @param defaults what steps leave out
 * @throws PipelineError `OPTION_INVALID`; for the options of a step, the run rejects with it before anything starts
 */
export function slowStep(defaults: SlowStepOptions = {}): Plugin {
  const common = checkDefaults(defaults)
  let host: PluginHost | undefined
  return definePlugin({
    name: 'slow-step',
    stepOptions: ['slowStep'],
    setup(given) {
      if (host !== undefined)
        throw new PipelineError('PLUGIN_INVALID', 'This plugin belongs to another pipe: call slowStep() for each pipe.')
      host = given
    },
    close() {
      host = undefined
    },
    attempt(step) {
      const settings = settingsOf(step, common)
      if (settings === undefined) return undefined
      const { after: afterMs } = settings
      return (ctx, next) => {
        const { clock, events } = host! // attempts are made after setup
        const { runId, pipeline, stepId, attempt } = ctx
        const tell = () => events.emit('slow-step:slow', { runId, pipeline, stepId, attempt, afterMs })
        const timer = clock.setTimeout(tell, afterMs)
        ctx.defer(() => clock.clearTimeout(timer))
        return next()
      }
    },
  })
}
