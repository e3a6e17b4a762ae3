import type { ErrorData } from '@pipe/core'
import type { FinishedRun, Firing } from './firing.ts'

/**
 * Why a schedule fires no more: it has as often as it may, its time is up, its condition came true, too many runs failed one
 * after the other, or its timing has no further slot.
 */
export type EndReason = 'max-runs' | 'until' | 'stop-when' | 'max-failures' | 'no-more-slots'

/** The longest rest after runs that failed, ms. */
export const LONGEST_REST = 60_000

/** How long a schedule whose runs follow each other waits after so many that failed, ms: 1 s, twice as long after the next, and so on. */
export const restMs = (failures: number): number =>
  failures === 0 ? 0 : Math.min(1_000 * 2 ** (failures - 1), LONGEST_REST)

/** The most of the message of an error that is kept. */
export const LONGEST_MESSAGE = 1_000

/** The last run of a schedule, as far as it is kept. */
export interface LastRun extends Pick<FinishedRun, 'id' | 'slot' | 'status' | 'endedAt'> {
  readonly error?: ErrorData['message']
}

/** What has become of a schedule since it was first known. */
export interface ScheduleCounts {
  /** Runs that were triggered. */
  readonly triggered: number
  readonly succeeded: number
  readonly failed: number
  readonly cancelled: number
  /** Slots that were left out: `schedule:skip`. */
  readonly skipped: number
  /** Slots that have passed without a run: `schedule:miss`. */
  readonly missed: number
}

/** All that is to be known of a schedule to go on with it: plain data. Times are epoch ms. */
export interface ScheduleState {
  /** What fired it, as text, so that another timing is noticed; empty before anything did. */
  readonly timing: string
  /** Every slot up to this time is settled: it has fired, waits to, or it was told that it will not. */
  readonly settled: number
  /** When it is due next, if that is reckoned from the end of the last run. */
  readonly dueAt: number
  /** How often the timing has fired it. */
  readonly runs: number
  /** How many runs have failed one after the other. */
  readonly failures: number
  readonly counts: ScheduleCounts
  /** What was started and is not known to have ended. */
  readonly active: readonly Firing[]
  /** What waits for the end of others. */
  readonly waiting: readonly Firing[]
  readonly paused: boolean
  readonly ended: EndReason | null
  readonly last: LastRun | null
}

/** Whether a schedule has ended since no slot comes any more: those that have been still fire. */
export const isOutOfSlots = ({ ended }: Pick<ScheduleState, 'ended'>): boolean =>
  ended === 'no-more-slots' || ended === 'until'

/** Whether a schedule that was in one state and is in the other is due at the same time. */
export const isSameNext = (a: ScheduleState, b: ScheduleState): boolean =>
  a.timing === b.timing &&
  a.settled === b.settled &&
  a.dueAt === b.dueAt &&
  a.paused === b.paused &&
  a.ended === b.ended &&
  a.active.length === b.active.length &&
  a.waiting.length === b.waiting.length

/** A schedule that nobody has ever done anything to, since it was added at `since`, epoch ms. */
export const freshState = (since: number): ScheduleState => ({
  timing: '',
  settled: since,
  dueAt: since,
  runs: 0,
  failures: 0,
  counts: { triggered: 0, succeeded: 0, failed: 0, cancelled: 0, skipped: 0, missed: 0 },
  active: [],
  waiting: [],
  paused: false,
  ended: null,
  last: null,
})

/** What stands for a slot where there are none: each run has its own. */
export const nextDue = ({ dueAt, settled }: Pick<ScheduleState, 'dueAt' | 'settled'>): number =>
  Math.max(dueAt, settled + 1)

/** Whether no run goes on, and none waits. */
export const isIdle = ({ active, waiting }: ScheduleState): boolean => active.length === 0 && waiting.length === 0
