import { pipeline, service, type } from '@pipe/core'
import type { Measured } from './measured.ts'
import { SampleFiles } from './sample-files.ts'

/** Measures the process. */
export interface Meter {
  read(): Omit<Measured, 'slot'>
}
export const Meter = service<Meter>()('meter')

/** Measures the process, and appends that to a file. */
export const sample = pipeline('sample', { input: type<{ slot: number }>(), version: '1' }, (p, input) =>
  p.step('measure', {
    needs: { input },
    uses: { meter: Meter, files: SampleFiles },
    run: async ({ input: { slot } }, { use: { meter, files } }) => {
      const measured = { slot, ...meter.read() }
      // The process may end here, and another one repeats the step: who reads the file takes one line of a slot.
      await files.append(measured)
      return measured
    },
  }),
)
