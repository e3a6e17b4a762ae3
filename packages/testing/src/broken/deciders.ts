import type { Decision } from '@pipe/core'
import { decidesAtOnce } from '../checks/policy.ts'
import type { BrokenPlugin } from './broken-plugin.ts'
import { onFailures } from './plugin.ts'

export const deciders: readonly BrokenPlugin[] = [
  {
    does: 'decides later',
    make: () => onFailures(() => Promise.resolve({ retryAt: 0 }) as unknown as Decision),
    check: decidesAtOnce,
    says: /a decision must be one of/,
  },
  {
    does: 'decides in words of its own',
    make: () => onFailures(() => ({ retryIn: 100 }) as unknown as Decision),
    check: decidesAtOnce,
    says: /the field of a decision/,
  },
  {
    does: 'says no time',
    make: () => onFailures(({ attempt }) => (attempt < 2 ? { retryAt: NaN } : undefined)),
    check: decidesAtOnce,
    says: /`retryAt` must be epoch ms, not NaN/,
  },
  {
    does: 'thinks that only errors are thrown',
    make: () => onFailures(({ error }) => ((error as Error).message.includes('busy') ? { retryAt: 0 } : undefined)),
    check: decidesAtOnce,
    says: /what a policy threw/,
  },
]
