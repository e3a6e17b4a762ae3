/**
 * Pipelines in time.
 *
 * @packageDocumentation
 */
export { errorCodes } from './codes.ts'
export type { Events } from './emitter.ts'
export type { Misfire } from './schedule/draft.ts'
export type { FinishedRun, Firing } from './schedule/firing.ts'
export type { ScheduleInfo } from './schedule/info.ts'
export type {
  ScheduleEnd,
  ScheduleFire,
  ScheduleMiss,
  ScheduleRunEnd,
  SchedulerHooks,
  ScheduleSkip,
  SkipReason,
} from './schedule/news.ts'
export type { InputOption, ScheduleOptions, ScheduleSettings } from './schedule/options.ts'
export type { Overlap } from './schedule/overlap.ts'
export { createScheduler, type Scheduler, type StopOptions, type Triggered } from './schedule/scheduler.ts'
export type { SchedulerOptions } from './schedule/scheduler-options.ts'
export type { EndReason, LastRun } from './schedule/state.ts'
export type { Instant } from './timing/instant.ts'
export type { AtTiming, AutoTiming, CronTiming, IntervalTiming, Timing } from './timing/timing.ts'
