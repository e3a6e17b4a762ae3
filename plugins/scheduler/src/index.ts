/**
 * Pipelines in time.
 *
 * @packageDocumentation
 */
export { errorCodes } from './codes.ts'
export type { Events } from './emitter.ts'
export type { Triggered } from './schedule/commands.ts'
export type { Misfire } from './schedule/misfire.ts'
export type { FinishedRun, Firing } from './schedule/firing.ts'
export type { ScheduleInfo } from './schedule/info.ts'
export type {
  ScheduleEnd,
  ScheduleEvent,
  ScheduleFire,
  ScheduleMiss,
  SchedulerEvent,
  ScheduleResume,
  SchedulerEventName,
  SchedulerHooks,
  ScheduleRunEnd,
  ScheduleSkip,
  SkipReason,
} from './schedule/news.ts'
export type { InputOption, ScheduleOptions, ScheduleSettings } from './schedule/options.ts'
export type { Overlap } from './schedule/overlap.ts'
export { createScheduler, type Scheduler, type Schedules, type StopOptions } from './schedule/scheduler.ts'
export type { SchedulerOptions } from './schedule/scheduler-options.ts'
export type { EndReason, LastRun, ScheduleCounts } from './schedule/state.ts'
export type { Instant } from './timing/instant.ts'
export type { AtTiming, AutoTiming, CronTiming, IntervalTiming, Timing } from './timing/timing.ts'
export { type Blackboard, blackboard, type BlackboardOf, type OptionalKey } from './execution/blackboard.ts'
export { createExecution } from './execution/create-execution.ts'
export type {
  BlackboardChange,
  ExecutionComplete,
  ExecutionEvent,
  ExecutionEventName,
  ExecutionEvents,
  ExecutionFailed,
  ExecutionHooks,
  ExecutionStateEvent,
  TickEnd,
  TickStart,
} from './execution/events.ts'
export type { Execution } from './execution/execution.ts'
export type { ExecutionHistory } from './execution/history.ts'
export type { ExecutionArguments, ExecutionOptions, HistoryOptions } from './execution/options.ts'
export type { Change, ExecutionChanges, ExecutionSnapshot, StepSnapshot, StepState } from './execution/snapshot.ts'
export type { StartExecutionOptions } from './execution/start-options.ts'
export type { ExecutionStatistics, StepStatistics, Times } from './execution/statistics.ts'
export type {
  ExecutionMode,
  ExecutionState,
  ExecutionStatus,
  FailedTick,
  RunningTick,
  SucceededTick,
  Tick,
  TickStatus,
} from './execution/status.ts'
