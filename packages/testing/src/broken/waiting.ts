import type { PluginHost } from '@pipe/core'
import { givesWay } from '../checks/abort.ts'
import type { BrokenPlugin } from './broken-plugin.ts'
import { onSteps } from './plugin.ts'

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
    check: givesWay,
    says: /must have ended/,
  },
]
