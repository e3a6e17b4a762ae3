import type { FinishedRun, Firing } from './firing.ts'
import type { EndReason } from './state.ts'

/** Why a firing was left out. */
export type SkipReason =
  /** Another run was going on. */
  | 'overlap'
  /** Too many waited already. */
  | 'buffer-full'
  /** A later one took its place. */
  | 'superseded'
  /** The schedule has ended before its turn came. */
  | 'ended'

interface Told {
  /** Of the schedule. */
  readonly name: string
}

/** A run was started. */
export interface ScheduleFire extends Told, Firing {}
/** A run has ended, here or in another process. */
export interface ScheduleRunEnd extends Told, FinishedRun {}
/** A firing was left out. */
export interface ScheduleSkip extends Told, Firing {
  readonly reason: SkipReason
}
/** Slots have passed without a run: nobody was there, or the process was busy. */
export interface ScheduleMiss extends Told {
  readonly count: number
  /** Whether there were more than are counted: of very many times of a cron expression. */
  readonly more: boolean
  /** The first and the last of them, epoch ms. */
  readonly from: number
  readonly to: number
}
/** The schedule fires no more. Runs of it may still be going on. */
export interface ScheduleEnd extends Told {
  readonly reason: EndReason
}

/** What a scheduler tells of. */
export interface SchedulerHooks {
  'schedule:fire': (event: ScheduleFire) => void
  'schedule:run-end': (event: ScheduleRunEnd) => void
  'schedule:skip': (event: ScheduleSkip) => void
  'schedule:miss': (event: ScheduleMiss) => void
  'schedule:end': (event: ScheduleEnd) => void
  'schedule:pause': (event: Told) => void
  'schedule:resume': (event: Told) => void
  /** This process fires the schedules from now on; of several processes with one store, one does. */
  'scheduler:lead': () => void
  /** It does not any more. */
  'scheduler:follow': () => void
}

/** Something to tell, once it is kept. */
export type News = {
  [K in keyof SchedulerHooks]: {
    readonly what: K
    readonly event: Omit<NonNullable<Parameters<SchedulerHooks[K]>[0]>, 'name'>
  }
}[Exclude<keyof SchedulerHooks, `scheduler:${string}`>]
