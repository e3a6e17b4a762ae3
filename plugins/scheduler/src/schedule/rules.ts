import type { When } from '../timing/timing.ts'
import type { FinishedRun } from './firing.ts'
import type { Misfire } from './misfire.ts'
import type { Overlap } from './overlap.ts'
import type { ScheduleState } from './state.ts'

/** When a schedule fires, and when it does not. */
export interface Rules {
  readonly name: string
  /** When it fires, as text: another text is another timing. */
  readonly timing: string
  readonly when: When
  /** When the run of a slot begins, epoch ms: after the slot, by its jitter. */
  readonly fireTime: (slot: number) => number
  readonly overlap: Overlap
  readonly misfire: Misfire
  readonly catchUpMs: number
  readonly maxRuns: number
  readonly maxFailures: number
  /** Epoch ms. */
  readonly until: number
  readonly stopWhen: (run: FinishedRun) => boolean
}

/** Whether a schedule has had all the runs, or failures, that it may have. */
export const isSpent = ({ runs, failures }: ScheduleState, { maxRuns, maxFailures }: Rules): boolean =>
  runs >= maxRuns || failures >= maxFailures
