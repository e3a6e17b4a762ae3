import type { Hooks } from '@pipe/core'
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
  /** The scheduler has no store, and was stopped before its turn came. */
  | 'stopped'
  /** The schedule was removed before its turn came. */
  | 'removed'

/** Fields of every event of a schedule. */
export interface ScheduleEvent {
  /** Of the schedule. */
  readonly name: string
}

/** A run was started. */
export interface ScheduleFire extends ScheduleEvent, Firing {}
/** A run has ended, here or in another process. */
export interface ScheduleRunEnd extends ScheduleEvent, FinishedRun {}
/** A firing was left out. */
export interface ScheduleSkip extends ScheduleEvent, Firing {
  readonly reason: SkipReason
}
/** Slots have passed without a run: nobody was there, or the process was busy. */
export interface ScheduleMiss extends ScheduleEvent {
  readonly count: number
  /** Whether there were more than are counted: of very many times of a cron expression. */
  readonly more: boolean
  /** The first and the last of them, epoch ms. */
  readonly from: number
  readonly to: number
}
/** A pause has ended, or it begins again. */
export interface ScheduleResume extends ScheduleEvent {
  /** How many slots have passed meanwhile, and were left alone. */
  readonly count: number
  /** Whether there were more than are counted. */
  readonly more: boolean
}
/** The schedule fires no more. Runs of it may still be going on. */
export interface ScheduleEnd extends ScheduleEvent {
  readonly reason: EndReason
}

/** Of several processes with one store, one fires the schedules: the leader. It is another one from now on. */
export interface SchedulerEvent {
  /** Of the scheduler. */
  readonly group: string
}

declare module '@pipe/core' {
  interface Hooks {
    /** Plugins and the events of a pipe hear of all schedules whose runs are started on that pipe. */
    'schedule:fire': (event: ScheduleFire) => void
    'schedule:run-end': (event: ScheduleRunEnd) => void
    'schedule:skip': (event: ScheduleSkip) => void
    'schedule:miss': (event: ScheduleMiss) => void
    'schedule:end': (event: ScheduleEnd) => void
    'schedule:pause': (event: ScheduleEvent) => void
    'schedule:resume': (event: ScheduleResume) => void
    /** This process fires the schedules from now on. */
    'scheduler:lead': (event: SchedulerEvent) => void
    /** It does not any more. */
    'scheduler:follow': (event: SchedulerEvent) => void
  }
}

/** The names of the events of schedules. */
type ScheduleEventName = Extract<keyof Hooks, `schedule:${string}`>

/** The names of the events of a scheduler. */
export type SchedulerEventName = ScheduleEventName | Extract<keyof Hooks, `scheduler:${string}`>

/** The events of a scheduler by name. */
export type SchedulerHooks = Pick<Hooks, SchedulerEventName>

/** Something to tell of a schedule, once it is kept. */
export type News = {
  [K in ScheduleEventName]: { readonly what: K; readonly event: Omit<Parameters<Hooks[K]>[0], 'name'> }
}[ScheduleEventName]
