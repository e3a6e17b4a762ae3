import type { PluginHost } from '@pipe/core'
import { leavesNoListener, leavesNoTimer } from '../checks/leaks.ts'
import type { BrokenPlugin } from './broken-plugin.ts'
import { onAttempts } from './plugin.ts'

export const leaks: readonly BrokenPlugin[] = [
  {
    does: 'forgets its timer when the step is quicker',
    make: () => {
      let host: PluginHost | undefined
      return onAttempts(
        (ctx, next) => {
          host?.clock.setTimeout(() => ctx.abort(new Error('too slow')), 1_000)
          return next()
        },
        {
          setup: (given) => {
            host = given
          },
        },
      )
    },
    check: leavesNoTimer,
    says: /timers after a run/,
  },
  {
    does: 'forgets its listener on the signal',
    make: () =>
      onAttempts((ctx, next) => {
        ctx.signal.addEventListener('abort', () => undefined)
        return next()
      }),
    check: leavesNoListener,
    says: /listeners after a run/,
  },
]
