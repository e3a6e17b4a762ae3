import { derive, type PluginHost } from '@pipe/core'
import { givesWay, passesOnReasons } from '../checks/abort.ts'
import type { BrokenPlugin } from './broken-plugin.ts'
import { onAttempts, onSteps } from './plugin.ts'

export const waiting: readonly BrokenPlugin[] = [
  {
    does: 'waits between attempts and does not listen to the signal',
    make: () => {
      let host: PluginHost | undefined
      return onSteps(
        async (_, next) => {
          try {
            return await next()
          } catch {
            await new Promise<void>((resolve) => host?.clock.setTimeout(resolve, 10_000))
            return next()
          }
        },
        {
          setup: (given) => {
            host = given
          },
        },
      )
    },
    rule: givesWay,
    says: /whose step fails, goes on/,
  },
  {
    does: 'aborts the step for a reason of its own when the run is cancelled',
    make: () =>
      onAttempts((ctx, next) => {
        const own = new AbortController()
        const stop = () => own.abort(new Error('It was stopped.'))
        ctx.signal.addEventListener('abort', stop, { once: true })
        ctx.defer(() => ctx.signal.removeEventListener('abort', stop))
        return next(derive(ctx, { signal: own.signal }))
      }),
    rule: passesOnReasons,
    says: /cancelled with a PipelineError `CANCELLED`, and the signal of the step aborted with It was stopped/,
  },
]
