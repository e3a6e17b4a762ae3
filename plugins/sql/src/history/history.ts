import { checkOptions, type Duration, type OptionRules, toMs } from '@pipe/core'
import type { Page } from '@pipe/state'
import { type Database, driverOf } from '../database.ts'
import { LOST_AFTER_MS, lostAfterRule } from '../heartbeat.ts'
import { prefixRule } from '../migrations.ts'
import { askerOf } from './asker.ts'
import { compare, type CompareRuns, type RunComparison } from './compare.ts'
import { type FailureGroup, failures, type ListFailures } from './failures.ts'
import type { Period } from './period.ts'
import { purge, type PurgeTrackedRuns, remove } from './purge.ts'
import { type DrawRun, timeline } from './read-timeline.ts'
import { type ListTrackedRuns, run, runs } from './runs.ts'
import { slowest, type SlowestSteps } from './slowest.ts'
import { type PipelineStatistics, statistics } from './statistics.ts'
import { type ListStepStatistics, type StepStatistics, stepStatistics } from './step-statistics.ts'
import { attempts, type ListTrackedAttempts, type ListTrackedSteps, steps } from './steps.ts'
import type { Timeline } from './timeline.ts'
import type { TrackedRun } from './tracked-run.ts'
import type { TrackedAttempt, TrackedStep } from './tracked-step.ts'

/** Where a history is. */
export interface HistoryOptions {
  /** The database that a tracker writes to, or a replica of it: it is only read, but by `purge`. It stays yours. */
  readonly db: Database
  /** That of `tracker()`. Default: nothing. */
  readonly prefix?: string
  /**
   * When a run is `lost`: its worker has not said for so long that it is alive, by the clock of who asks. A second or more;
   * make it three times the longest `heartbeat` of the trackers, or more. Default `'90s'`.
   */
  readonly lostAfter?: Duration
}

/**
 * What can be asked of the history of runs. Lists come in pages: hand `next` back as `after` for what follows; what is
 * added meanwhile moves nothing. Times are epoch ms, `since` belongs to a period and `until` does not.
 *
 * All methods reject with `OPTION_INVALID` for what they cannot be given, `TABLES_MISSING` when there is no history in
 * the database, and `DATABASE_FAILED` with what its client rejected with as `cause`.
 */
export interface History {
  /** One run. */
  run(id: string): Promise<TrackedRun | undefined>
  /** Runs, the last started first. With `parent`: those that a run started. */
  runs(query?: ListTrackedRuns): Promise<Page<TrackedRun>>
  /** The steps of a run, and the items of its maps, in the order in which they started. What did not run comes last. */
  steps(run: string, query?: ListTrackedSteps): Promise<Page<TrackedStep>>
  /**
   * The attempts of steps that had several, or that failed, by path and number. Of a step that succeeded at once none is
   * kept: it says itself when that was.
   */
  attempts(run: string, query?: ListTrackedAttempts): Promise<Page<TrackedAttempt>>
  /** What became of the runs of each pipeline that started in a period: how many, how often they fail, how long they take. */
  statistics(period?: Period): Promise<readonly PipelineStatistics[]>
  /**
   * The same of each step, and of the items of each map, by their names or by what there is most of. What was restored was
   * not executed.
   */
  stepStatistics(query?: ListStepStatistics): Promise<readonly StepStatistics[]>
  /** The steps that took longest, from the slowest on. */
  slowest(query?: SlowestSteps): Promise<readonly TrackedStep[]>
  /**
   * What steps failed with, the most frequent first. A step counts where it broke: a map, a call or a loop that failed
   * since something inside of it did is left out. One that was tried again, and has succeeded then, has not failed: its
   * attempts have, which are counted with `attempts: true`.
   */
  failures(query?: ListFailures): Promise<readonly FailureGroup[]>
  /** What another run did otherwise than the base, step by step in the order of paths; `undefined` when one is unknown. */
  compare(base: string, other: string, query?: CompareRuns): Promise<RunComparison | undefined>
  /** What a drawing of a run needs: its steps in time, in lanes; `undefined` when it is unknown. */
  timeline(id: string, query?: DrawRun): Promise<Timeline | undefined>
  /**
   * Forgets runs, with all that belongs to them, some at a time until none is left. It deletes at most 1,000 rows at once,
   * so that nobody waits long for it, and may be ended and called again at any time, also by several processes.
   *
   * @returns how many were forgotten
   */
  purge(query: PurgeTrackedRuns): Promise<number>
  /**
   * Forgets a run, with all that belongs to it, whatever it is doing: what a run writes afterwards that is still running
   * stays.
   *
   * @returns whether there was one
   */
  delete(id: string): Promise<boolean>
}

const RULES: OptionRules<HistoryOptions> = {
  db: ['a database', () => true], // driverOf() knows
  prefix: prefixRule,
  lostAfter: lostAfterRule,
}

/**
 * The history that `tracker()` has written, for applications: pages that show runs, alarms, reports. Needs no pipe and no
 * pipeline, and writes nothing but what `purge` and `delete` delete.
 *
 * ```ts
 * const history = historyIn({ db })
 * for (const { id, error } of (await history.runs({ statuses: ['failed'] })).items) console.log(id, error?.message)
 * ```
 * @throws PipelineError `OPTION_INVALID`
 */
export function historyIn(options: HistoryOptions): History {
  const {
    db,
    prefix = '',
    lostAfter = LOST_AFTER_MS,
  } = checkOptions(options, RULES, { owner: 'historyIn()', plugin: 'sql' })
  const asker = askerOf(driverOf(db, 'historyIn()'), prefix, toMs(lostAfter))
  return {
    run: (id) => run(asker, id),
    runs: (query = {}) => runs(asker, query),
    steps: (id, query = {}) => steps(asker, id, query),
    attempts: (id, query = {}) => attempts(asker, id, query),
    statistics: (period = {}) => statistics(asker, period),
    stepStatistics: (query = {}) => stepStatistics(asker, query),
    slowest: (query = {}) => slowest(asker, query),
    failures: (query = {}) => failures(asker, query),
    compare: (base, other, query = {}) => compare(asker, base, other, query),
    timeline: (id, query = {}) => timeline(asker, id, query),
    purge: (query) => purge(asker, query),
    delete: (id) => remove(asker, id),
  }
}
