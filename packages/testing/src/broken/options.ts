import { PipelineError } from '@pipe/core'
import { acceptsItsOptions, ownsItsOptions, refusesNonsense } from '../checks/options.ts'
import type { BrokenPlugin } from './broken-plugin.ts'
import { asksForIt } from './option.ts'
import { plugin } from './plugin.ts'

export const options: readonly BrokenPlugin[] = [
  {
    does: 'owns an option of the kernel',
    make: () => plugin({ stepOptions: ['broken', 'optional' as 'broken'] }),
    rule: ownsItsOptions,
    says: /may have the option `optional` in a pipe without the plugin/,
  },
  {
    does: 'owns an option that nobody knows of',
    make: () => plugin({ stepOptions: ['broken', 'hidden' as 'broken'] }),
    rule: acceptsItsOptions,
    says: /owns `hidden`, and the suite was given no value/,
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
    rule: acceptsItsOptions,
    says: /with {"broken":true} do not succeed, .*: not on a call/,
  },
  {
    does: 'takes any value',
    make: () => plugin({ policy: () => undefined }),
    rule: refusesNonsense,
    says: /a step with { broken: Symbol\(nonsense\) } is started/,
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
    rule: refusesNonsense,
    says: /is refused with no PipelineError, but/,
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
    rule: refusesNonsense,
    says: /is refused, but without the words 'nonsense'/,
  },
]
