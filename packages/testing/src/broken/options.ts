import { PipelineError } from '@pipe/core'
import { acceptsItsOptions, refusesNonsense } from '../checks/options.ts'
import type { BrokenPlugin } from './broken-plugin.ts'
import { asksForIt } from './option.ts'
import { plugin } from './plugin.ts'

export const options: readonly BrokenPlugin[] = [
  {
    does: 'owns an option that nobody knows of',
    make: () => plugin({ stepOptions: ['broken', 'hidden' as 'broken'] }),
    check: acceptsItsOptions,
    says: /must have each of its `stepOptions`/,
  },
  {
    does: 'refuses its option on a call',
    make: () =>
      plugin({
        policy: (step) => {
          if (asksForIt(step) && step.kind === 'call') throw new PipelineError('OPTION_INVALID', 'not on a call')
          return undefined
        },
      }),
    check: acceptsItsOptions,
    says: /not on a call/,
  },
  {
    does: 'takes any value',
    make: () => plugin({ policy: () => undefined }),
    check: refusesNonsense,
    says: /must be refused with a PipelineError/,
  },
  {
    does: 'throws an error without a code',
    make: () =>
      plugin({
        policy: ({ options }) => {
          if (typeof options.broken === 'symbol') throw new TypeError('`broken` must not be Symbol(nonsense)')
          return undefined
        },
      }),
    check: refusesNonsense,
    says: /must be refused with a PipelineError/,
  },
  {
    does: 'does not say which value is wrong',
    make: () =>
      plugin({
        policy: ({ options }) => {
          if (typeof options.broken === 'symbol') throw new PipelineError('OPTION_INVALID', 'option `broken` is wrong')
          return undefined
        },
      }),
    check: refusesNonsense,
    says: /the message.*nonsense/,
  },
]
