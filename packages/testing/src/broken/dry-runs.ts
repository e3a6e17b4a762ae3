import type { DryRunVerdict } from '@pipe/core'
import { dryRunsOnly } from '../checks/dry-run.ts'
import type { BrokenPlugin } from './broken-plugin.ts'
import { asksForIt } from './option.ts'
import { plugin } from './plugin.ts'

export const dryRuns: readonly BrokenPlugin[] = [
  {
    does: 'answers for a dry run in words of its own',
    make: () => plugin({ dryRun: () => ({ ready: true }) as unknown as DryRunVerdict }),
    rule: dryRunsOnly,
    says: /`dryRun` answers with {"ready":true}/,
  },
  {
    does: 'remembers a dry run as if it had been one',
    make: () => {
      const done = new Set<string>()
      return plugin({
        dryRun: ({ id }) => void done.add(id),
        step: (step) => (asksForIt(step) ? (_, next) => (done.has(step.id) ? 'known' : next()) : undefined),
      })
    },
    rule: dryRunsOnly,
    says: /a run after a dry run ends differently than one without: .*`output.step` is 'known' instead of 'output'/,
  },
]
