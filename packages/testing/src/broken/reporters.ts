import { reportsData } from '../checks/reports.ts'
import type { BrokenPlugin } from './broken-plugin.ts'
import { plugin } from './plugin.ts'

declare module '@pipe/core' {
  interface RunReports {
    /** What the broken plugins report. */
    readonly broken?: unknown
  }
}

const reporting = (data: unknown) => () =>
  plugin({
    run: (run, next) => {
      run.report('broken', data)
      return next()
    },
  })

export const reporters: readonly BrokenPlugin[] = [
  {
    does: 'reports a map',
    make: reporting({ steps: new Map([['a', 1]]) }),
    rule: reportsData,
    says: /`reports.broken.steps` is an object of the class Map/,
  },
  {
    does: 'reports what is no number',
    make: reporting([{ mean: NaN }]),
    rule: reportsData,
    says: /`reports.broken.0.mean` is NaN/,
  },
]
