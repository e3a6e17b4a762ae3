import type { Scheduler } from '@pipe/scheduler'
import type { Runs } from '@pipe/state'
import type { Settings } from './arguments.ts'
import { cleanup } from './cleanup.ts'
import { report, type ReportFile } from './report/report.ts'
import type { SampleFiles } from './samples/sample-files.ts'
import { type Meter, sample } from './samples/sample.ts'

/** What the pipelines of the schedules need. */
export interface Provided {
  readonly meter: Meter
  readonly sampleFiles: SampleFiles
  readonly reportFile: ReportFile
  readonly keptRuns: Pick<Runs, 'purge'>
}

/** The names of the schedules, in the order in which they are shown. */
export const names = ['sample', 'report', 'cleanup'] as const
export type Name = (typeof names)[number]

/**
 * Adds the schedules. The input of a run is made of its slot, so it is the same in whatever process the run begins, or
 * goes on.
 *
 * @throws PipelineError `OPTION_INVALID`
 */
export function addSchedules(scheduler: Scheduler<Provided>, settings: Settings): void {
  const { everyMs, report: cron, keepMs } = settings
  scheduler.add('sample', sample, {
    every: everyMs,
    misfire: 'skip', // what was not measured then cannot be measured now
    input: ({ slot }) => ({ slot }),
  })
  scheduler.add('report', report, {
    cron,
    misfire: 'once', // of reports that were not written, the last one is of use
    overlap: 'buffer-one',
    input: ({ slot }) => ({ slot }),
  })
  scheduler.add('cleanup', cleanup, {
    every: '20s',
    fixedDelay: true,
    input: ({ slot }) => ({ slot, keepMs }),
  })
}

/** When each of them fires, in words. */
export const timings = ({ everyMs, report: cron }: Settings): Readonly<Record<Name, string>> => ({
  sample: `every ${everyMs / 1_000}s`,
  report: cron,
  cleanup: '20s after the last',
})
