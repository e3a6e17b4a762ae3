import { pipeline, service, type } from '@pipe/core'
import type { Runs } from '@pipe/state'
import { SampleFiles } from './samples/sample-files.ts'

/** The runs that are kept. */
const KeptRuns = service<Pick<Runs, 'purge'>>()('keptRuns')

/** Removes samples, and what is kept of runs that have ended, when they are older than `keepMs`. */
export const cleanup = pipeline(
  'cleanup',
  { input: type<{ slot: number; keepMs: number }>(), version: '1' },
  (p, input) => {
    const files = p.step('samples', {
      needs: { input },
      uses: { files: SampleFiles },
      run: ({ input }, { use }) => use.files.dropBefore(input.slot - input.keepMs),
    })
    const runs = p.step('runs', {
      needs: { input },
      uses: { runs: KeptRuns },
      run: ({ input }, { use }) => use.runs.purge({ endedBefore: input.keepMs }),
    })
    return { files, runs }
  },
)
