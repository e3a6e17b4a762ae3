import { type AnyPipeline, PipelineError, type Run, type RunOptions } from '@pipe/core'
import { Draft } from './draft.ts'
import type { Firing } from './firing.ts'
import type { Plan } from './options.ts'
import { isSameNext, type ScheduleState } from './state.ts'

/** Starts a run of the pipeline of a schedule. */
export type StartRun = (input: unknown, options: RunOptions) => Run<unknown>

/** @param known names of those that are there */
export function unknownSchedule(name: string, known: Iterable<string>): PipelineError {
  const list = Array.from(known, (one) => `"${one}"`).join(', ')
  return new PipelineError('SCHEDULE_UNKNOWN', `There is no schedule "${name}" here. There are: ${list || 'none'}.`)
}

/** A run that was started here and has not ended. */
export interface StartedRun {
  readonly firing: Firing
  readonly run: Run<unknown>
  /** Resolves when what became of it is kept. */
  readonly over: Promise<void>
}

/** A schedule of this process. */
export class Entry {
  plan: Plan
  pipeline: AnyPipeline
  start: StartRun
  /** Runs that were started here, and have not ended. */
  readonly runs = new Map<string, StartedRun>()
  /** What is kept of it, as far as it is known here. */
  known: ScheduleState | undefined
  /** Not looked at before, since that failed: ms of the monotonic clock. */
  restsUntil = -Infinity
  /** When it was added, or the scheduler started, epoch ms: what is due from then on is to be fired. */
  since: number
  /** Whether something was done to it since a round began: what that has read of it is old. */
  isNewer = false
  /** Whether it is being removed: who adds one of its name adds another. */
  isLeaving = false
  /** One thing at a time is done to it. */
  #last: Promise<unknown> = Promise.resolve()

  /** @param before one of the same name that is leaving: what is done to this one is done after that */
  constructor(plan: Plan, pipeline: AnyPipeline, start: StartRun, since: number, before?: Entry) {
    if (before !== undefined) this.#last = before.#last
    this.since = since
    this.plan = plan
    this.pipeline = pipeline
    this.start = start
  }

  get name(): string {
    return this.plan.rules.name
  }

  /** Runs that go on, or did when they were last heard of, in other processes. */
  get elsewhere(): readonly Firing[] {
    return this.known?.active.filter(({ id }) => !this.runs.has(id)) ?? []
  }

  /**
   * Learns what is kept of it. Answers when it is to be looked at, epoch ms, 0 for at once; `undefined` when that is as it was.
   */
  learn(state: ScheduleState | undefined, now: number): number | undefined {
    const before = this.known
    this.known = state
    if (state === undefined) {
      if (before !== undefined) this.since = now // somebody else has removed it
      return 0
    }
    if (before !== undefined && isSameNext(state, before)) return undefined
    const draft = new Draft(this.plan.rules, state)
    return draft.isCurrent(now) ? draft.wakeAt : 0
  }

  /** Does something when what is being done is done. */
  inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#last.then(work)
    this.#last = done.catch(() => undefined)
    return done
  }
}
