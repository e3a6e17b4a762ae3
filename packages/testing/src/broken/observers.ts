import { observesQuietly } from '../checks/hooks.ts'
import type { BrokenPlugin } from './broken-plugin.ts'
import { plugin } from './plugin.ts'

export const observers: readonly BrokenPlugin[] = [
  {
    does: 'cannot observe a failure without an error',
    make: () =>
      plugin({
        hooks: {
          'step:end': ({ status, error }) => {
            if (status === 'failed') return (error as Error).message
            return undefined
          },
        },
      }),
    check: observesQuietly,
    says: /errors that were reported/,
  },
]
