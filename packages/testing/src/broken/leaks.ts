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
    rule: leavesNoTimer,
    says: /\d timer\(s\) tick after a run whose steps return at once/,
  },
  {
    does: 'forgets its listener on the signal',
    make: () =>
      onAttempts((ctx, next) => {
        ctx.signal.addEventListener('abort', () => undefined)
        return next()
      }),
    rule: leavesNoListener,
    says: /\d listener\(s\) on signals are left after a run/,
  },
]
