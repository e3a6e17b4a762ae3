import { pipeline, service, type } from '@pipe/core'
import { SampleFiles } from '../samples/sample-files.ts'
import { markdownOf } from './markdown.ts'
import { summaryOf } from './summary.ts'

/** Where the report goes. */
export interface ReportFile {
  /** Writes it whole or not at all, and answers where it is. */
  write(text: string): Promise<string>
}
export const ReportFile = service<ReportFile>()('reportFile')

const MINUTE = 60_000

/** Writes what the samples of a minute come to. `slot` is the end of that minute. */
export const report = pipeline('report', { input: type<{ slot: number }>(), version: '1' }, (p, input) => {
  const summary = p.step('summary', {
    needs: { input },
    uses: { files: SampleFiles },
    run: async ({ input: { slot } }, { use: { files } }) => summaryOf(await files.between(slot - MINUTE, slot)),
  })
  return p.step('write', {
    needs: { input, summary },
    uses: { file: ReportFile },
    run: async ({ input: { slot }, summary }, { use: { file } }) => {
      const written = await file.write(markdownOf(summary, slot))
      return { samples: summary.samples, file: written }
    },
  })
})
