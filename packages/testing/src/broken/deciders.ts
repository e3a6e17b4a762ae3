import type { Decision } from '@pipe/core'
import { decidesAtOnce } from '../checks/policy.ts'
import type { BrokenPlugin } from './broken-plugin.ts'
import { onFailures } from './plugin.ts'

export const deciders: readonly BrokenPlugin[] = [
  {
    does: 'decides later',
    make: () => onFailures(() => Promise.resolve({ retryAt: 0 }) as unknown as Decision),
    rule: decidesAtOnce,
    says: /its policy decides with a promise/,
  },
  {
    does: 'decides in words of its own',
    make: () => onFailures(() => ({ retryIn: 100 }) as unknown as Decision),
    rule: decidesAtOnce,
    says: /its policy decides with {"retryIn":100}/,
  },
  {
    does: 'says no time',
    make: () => onFailures(({ attempt }) => (attempt < 2 ? { retryAt: NaN } : undefined)),
    rule: decidesAtOnce,
    says: /another attempt at NaN/,
  },
  {
    does: 'thinks that only errors are thrown',
    make: () => onFailures(({ error }) => ((error as Error).message.includes('busy') ? { retryAt: 0 } : undefined)),
    rule: decidesAtOnce,
    says: /step that threw 'text', its policy throws/,
  },
]
