import { changesNothingGiven } from '../checks/given.ts'
import type { BrokenPlugin } from './broken-plugin.ts'
import { onAttempts, onFailures } from './plugin.ts'

export const changers: readonly BrokenPlugin[] = [
  {
    does: 'writes into outputs',
    make: () =>
      onAttempts(async (_, next) => {
        const output = await next()
        return typeof output === 'object' && output !== null ? Object.assign(output, { by: 'broken' }) : output
      }),
    rule: changesNothingGiven,
    says: /frozen objects, whose steps succeed, ends differently than with others: .*not extensible/,
  },
  {
    does: 'writes into errors',
    make: () =>
      onFailures(({ error, attempt }) => {
        if (error instanceof Error) Object.assign(error, { attempt })
        return undefined
      }),
    rule: changesNothingGiven,
    says: /frozen objects, whose steps fail, ends differently than with others: .*not extensible/,
  },
]
