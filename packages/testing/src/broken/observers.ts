import { observesQuietly } from '../checks/hooks.ts'
import type { BrokenPlugin } from './broken-plugin.ts'
import { plugin } from './plugin.ts'

export const observers: readonly BrokenPlugin[] = [
  {
    does: 'sends what it observes, and does not catch what that rejects with',
    // eslint-disable-next-line @typescript-eslint/no-misused-promises -- that is what it does wrong
    make: () => plugin({ hooks: { 'run:end': () => Promise.reject(new Error('The dashboard is down.')) } }),
    rule: observesQuietly,
    says: /An observer of "run:end" threw: The dashboard is down/,
  },
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
    rule: observesQuietly,
    says: /told of errors of observers: An observer of "step:end" threw/,
  },
]
