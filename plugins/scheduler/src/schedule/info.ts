import type { Timing } from '../timing/timing.ts'
import { adaptation } from './adapt.ts'
import { Draft } from './draft.ts'
import type { Entry } from './entry.ts'
import { type EndReason, freshState, type LastRun, type ScheduleCounts, type ScheduleState } from './state.ts'

/** A schedule, as applications see it. Times are epoch ms. */
export interface ScheduleInfo {
  readonly name: string
  /** Name of the pipeline. */
  readonly pipeline: string
  /** When it fires, as it was given. */
  readonly timing: Timing
  readonly state: 'active' | 'paused' | 'ended'
  /** Why it fires no more. */
  readonly reason?: EndReason
  /** When it fires next, as far as that is known: not while it is paused, nor while the end of a run has to come first. */
  readonly nextAt?: number
  /** How often it has fired; what was triggered does not count. */
  readonly runs: number
  /** How many runs have failed, one after the other, up to now. */
  readonly failures: number
  /** What has become of it, in all processes. */
  readonly counts: ScheduleCounts
  /** Ids of the runs that go on. */
  readonly active: readonly string[]
  /** Ids of those that wait for the end of others. */
  readonly waiting: readonly string[]
  /** The last run that has ended. */
  readonly last?: LastRun
}

/** What is to be said of a schedule at `now`. */
export function infoOf({ plan, pipeline }: Entry, kept: ScheduleState | undefined, now: number): ScheduleInfo {
  const { rules } = plan
  const state = kept ?? freshState(now)
  const draft = new Draft(rules, adaptation(state, rules, now)?.state ?? state)
  const { paused, ended, runs, failures, counts, active, waiting, last } = draft.state
  const { wakeAt } = draft
  return {
    name: rules.name,
    pipeline: pipeline.name,
    timing: plan.given,
    state: ended !== null ? 'ended' : paused ? 'paused' : 'active',
    ...(ended !== null && { reason: ended }),
    ...(wakeAt !== Infinity && { nextAt: wakeAt === 0 ? now : wakeAt }),
    runs,
    failures,
    counts,
    active: active.map(({ id }) => id),
    waiting: waiting.map(({ id }) => id),
    ...(last !== null && { last }),
  }
}
