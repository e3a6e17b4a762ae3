import type { PluginHost } from '@pipe/core'
import { keepsPipesApart, keepsRunsApart } from '../checks/apart.ts'
import type { BrokenPlugin } from './broken-plugin.ts'
import { onAttempts } from './plugin.ts'

/** What every such plugin shares with the others. */
let shared: PluginHost | undefined

export const mixers: readonly BrokenPlugin[] = [
  {
    does: 'knows steps by their path alone',
    make: () => {
      const outputs = new Map<string, unknown>()
      return onAttempts(async ({ stepId }, next) => {
        outputs.set(stepId, await next())
        await Promise.resolve()
        return outputs.get(stepId)
      })
    },
    rule: keepsRunsApart,
    says: /of 100 runs at once, run 0 ends differently than alone: .*instead of 'step 0'/,
  },
  {
    does: 'takes the clock of whichever pipe was set up last',
    make: () =>
      onAttempts(
        (ctx, next) =>
          new Promise<void>((resolve, reject) => {
            const timer = shared?.clock.setTimeout(resolve, 10)
            const stop = () => reject(ctx.signal.reason as Error)
            ctx.signal.addEventListener('abort', stop, { once: true })
            ctx.defer(() => {
              shared?.clock.clearTimeout(timer)
              ctx.signal.removeEventListener('abort', stop)
            })
          }).then(() => next()),
        {
          setup: (host) => {
            shared = host
          },
        },
      ),
    rule: keepsPipesApart,
    says: /a run does not end, whatever timers of its pipe fire/,
  },
]
