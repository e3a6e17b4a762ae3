import { makesFields } from '../checks/context.ts'
import { stepContext } from '../step-context.ts'
import type { BrokenPlugin } from './broken-plugin.ts'
import { plugin } from './plugin.ts'

export const fields: readonly BrokenPlugin[] = [
  {
    does: 'cannot make its field when it has forgotten the run',
    make: () => {
      const running = new Set<string>()
      return plugin({
        hooks: {
          'run:start': ({ runId }) => void running.add(runId),
          'run:end': ({ runId }) => void running.delete(runId),
        },
        context: {
          log: ({ runId }) => {
            if (!running.has(runId)) throw new Error('Which run is this?')
            return stepContext().log
          },
        },
      })
    },
    rule: makesFields,
    says: /`ctx.log` read after the run throws: Which run is this/,
  },
]
