import { outerPaths } from './inside.ts'
import { isHeld, type TrackedRun, type TrackedRunStatus } from './tracked-run.ts'
import type { TrackedAttempt, TrackedStep, TrackedStepStatus } from './tracked-step.ts'

/** From when to when, in ms since the start of the run. */
export interface TimelineSpan {
  readonly startMs: number
  readonly endMs: number
}

/** An attempt, as it is drawn. */
export interface TimelineAttempt extends TimelineSpan {
  /** From 1. */
  readonly attempt: number
  readonly status: TrackedStepStatus
}

/** A time in which a step did nothing: it was ready and waited for its `turn`, or it waited to be tried again (`retry`). */
export interface TimelineWait extends TimelineSpan {
  readonly for: 'turn' | 'retry'
}

/** A step that has run, as it is drawn. What has not ended is drawn until now, or until the last that is known of its process. */
export interface TimelineRow extends TimelineSpan {
  readonly path: string
  readonly step: string
  /** Path of the innermost row that it is inside of. Items that go on have no rows yet. */
  readonly parent?: string
  /** Key of the item, when it is an item of a map. */
  readonly key?: string
  readonly status: TrackedStepStatus
  /** How many steps, maps and items it is inside of, whether they have rows or not. */
  readonly depth: number
  /**
   * From 0. Rows of a lane do not overlap, and no fewer lanes would do. Absent when other rows are inside of this one: it
   * does nothing that they do not.
   */
  readonly lane?: number
  readonly attempts: readonly TimelineAttempt[]
  readonly waits: readonly TimelineWait[]
}

/** What a drawing of a run needs. */
export interface Timeline {
  readonly run: string
  readonly pipeline: string
  readonly status: TrackedRunStatus
  /** Epoch ms; all other times are counted from here. */
  readonly startedAt: number
  /** How long the drawing is: until the run, or the last of the rows, ends. */
  readonly spanMs: number
  /** How many lanes there are: so many steps were at work at once, at most. */
  readonly lanes: number
  /** In the order in which they started. */
  readonly rows: readonly TimelineRow[]
  /** Whether there was more than `limit` allows. */
  readonly truncated: boolean
}

/**
 * The drawing of a run: a function of nothing but what it is given.
 *
 * @param steps those that have started, in that order
 * @param attempts those of the steps that were kept, by path and number
 * @param now epoch ms, for what has not ended
 */
export function timelineOf(
  run: TrackedRun,
  steps: readonly TrackedStep[],
  attempts: readonly TrackedAttempt[],
  truncated: boolean,
  now: number,
): Timeline {
  const { id, pipeline, status, startedAt } = run
  const heardAt = steps.reduce((last, step) => Math.max(last, step.endedAt ?? step.startedAt ?? 0), run.seenAt)
  const end = run.endedAt ?? (isHeld(status) ? Math.max(now, heardAt) : heardAt)
  const kept = Map.groupBy(attempts, ({ path }) => path)
  const parents = parentsOf(steps)
  const containers = new Set(parents.values())
  const lanes = new Lanes()
  const rows: TimelineRow[] = []
  for (const step of steps) {
    if (step.startedAt === undefined) continue
    const span = spanOf(startedAt, step.startedAt, step.endedAt ?? end)
    const { path, key } = step
    const parent = parents.get(path)
    const tries = attemptsOf(step, kept.get(path) ?? [], span, startedAt)
    rows.push({
      path,
      step: step.step,
      ...(parent !== undefined && { parent }),
      ...(key !== undefined && { key }),
      status: step.status,
      depth: outerPaths(path).length,
      ...span,
      ...(!containers.has(path) && { lane: lanes.take(span) }),
      attempts: tries,
      waits: waitsOf(step, tries, span),
    })
  }
  const spanMs = rows.reduce((longest, { endMs }) => Math.max(longest, endMs), Math.max(0, end - startedAt))
  return { run: id, pipeline, status, startedAt, spanMs, lanes: lanes.count, rows, truncated }
}

/** Clocks of several processes may say that something ended before it started. */
const spanOf = (zero: number, start: number, end: number): TimelineSpan => ({
  startMs: start - zero,
  endMs: Math.max(start, end) - zero,
})

function attemptsOf(
  { attempts: started, status }: TrackedStep,
  kept: readonly TrackedAttempt[],
  { startMs, endMs }: TimelineSpan,
  zero: number,
): readonly TimelineAttempt[] {
  const all: TimelineAttempt[] = kept.map(({ attempt, status: how, startedAt, endedAt }) => ({
    attempt,
    status: how,
    ...spanOf(zero, startedAt, endedAt),
  }))
  const last = kept.at(-1)
  // What is under way is not kept yet; what succeeded at once never is.
  if (started <= (last?.attempt ?? 0)) return all
  const from = last === undefined ? startMs : Math.max(startMs, (last.retryAt ?? last.endedAt) - zero)
  return [...all, { attempt: started, status, startMs: from, endMs: Math.max(from, endMs) }]
}

function waitsOf(
  { waitMs = 0, status }: TrackedStep,
  attempts: readonly TimelineAttempt[],
  { startMs, endMs }: TimelineSpan,
): readonly TimelineWait[] {
  const waits: TimelineWait[] = waitMs > 0 ? [{ for: 'turn', startMs: startMs - waitMs, endMs: startMs }] : []
  for (const [n, { endMs: from, status: how }] of attempts.entries()) {
    // After the last attempt, when it has failed, a step that goes on waits for another one.
    const to = attempts[n + 1]?.startMs ?? (status === 'running' && how !== 'running' ? endMs : from)
    if (from < to) waits.push({ for: 'retry', startMs: from, endMs: to })
  }
  return waits
}

/** Of each step the path of the innermost other one that it is inside of. */
function parentsOf(steps: readonly TrackedStep[]): ReadonlyMap<string, string> {
  const paths = new Set(steps.map(({ path }) => path))
  const parents = new Map<string, string>()
  for (const path of paths) {
    const parent = outerPaths(path).findLast((outer) => paths.has(outer))
    if (parent !== undefined) parents.set(path, parent)
  }
  return parents
}

/** Hands out lanes so that no two spans overlap in one: always the first that is free. */
class Lanes {
  readonly #taken: TimelineSpan[] = []

  get count(): number {
    return this.#taken.length
  }

  /** Spans come in the order of their starts. What takes no time has its lane for itself at that time. */
  take(span: TimelineSpan): number {
    const free = this.#taken.findIndex(({ startMs, endMs }) => endMs <= span.startMs && startMs < span.startMs)
    const lane = free === -1 ? this.#taken.length : free
    this.#taken[lane] = span
    return lane
  }
}
