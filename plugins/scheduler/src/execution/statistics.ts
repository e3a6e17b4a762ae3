import type { StepEnd, StepStatus } from '@pipe/core'
import type { TickStatus } from './status.ts'

/** Times of several things together, in milliseconds with fractions. */
export interface Times {
  readonly totalMs: number
  /** 0 while there was none. */
  readonly averageMs: number
  /** `null` while there was none. */
  readonly minMs: number | null
  /** `null` while there was none. */
  readonly maxMs: number | null
}

/** How a step fared in all passes. */
export interface StepStatistics extends Times {
  /** How often it settled: the sum of what follows, in the words of core. */
  readonly settled: number
  readonly succeeded: number
  readonly failed: number
  readonly skipped: number
  readonly cancelled: number
  readonly restored: number
  /** How often it ran: it did not when it was skipped, restored, or cancelled before. The times are those of its runs. */
  readonly runs: number
  readonly lastStatus: StepStatus
}

/** How an execution fared so far: plain data. */
export interface ExecutionStatistics extends Times {
  /** How many ticks there were: the sum of the ones that follow. */
  readonly ticks: number
  readonly running: number
  readonly success: number
  readonly failure: number
  readonly cancelled: number
  /** When the first tick began, epoch ms; `null` while there was none. */
  readonly firstTickAt: number | null
  /** When the last tick began, epoch ms; `null` while there was none. */
  readonly lastTickAt: number | null
  /** By path; not those inside items of maps and iterations of loops. */
  readonly steps: Readonly<Record<string, StepStatistics>>
}

/** Adds times up. */
class Stopwatch {
  count = 0
  #total = 0
  #min = Infinity
  #max = 0

  add(ms: number): void {
    this.count++
    this.#total += ms
    if (ms < this.#min) this.#min = ms
    if (ms > this.#max) this.#max = ms
  }

  get times(): Times {
    const { count } = this
    const [totalMs, some] = [this.#total, count > 0]
    return {
      totalMs,
      averageMs: some ? totalMs / count : 0,
      minMs: some ? this.#min : null,
      maxMs: some ? this.#max : null,
    }
  }
}

/** How one step fared. */
class StepTally {
  readonly #counts: Record<StepStatus, number> = { succeeded: 0, failed: 0, skipped: 0, cancelled: 0, restored: 0 }
  readonly #watch = new Stopwatch()
  #settled = 0
  #last: StepStatus

  constructor({ status }: StepEnd) {
    this.#last = status
  }

  add({ status, attempts, durationMs }: StepEnd): void {
    this.#settled++
    this.#counts[status]++
    this.#last = status
    if (attempts > 0) this.#watch.add(durationMs)
  }

  get statistics(): StepStatistics {
    const { count: runs, times } = this.#watch
    return { settled: this.#settled, ...this.#counts, runs, ...times, lastStatus: this.#last }
  }
}

/** Counts ticks and steps. */
export class Tally {
  readonly #counts: Record<TickStatus, number> = { running: 0, success: 0, failure: 0, cancelled: 0 }
  readonly #watch = new Stopwatch()
  readonly #steps = new Map<string, StepTally>()
  #firstTickAt: number | null = null
  #lastTickAt: number | null = null

  tickEnded(status: TickStatus, startedAt: number, durationMs: number): void {
    this.#counts[status]++
    this.#watch.add(durationMs)
    this.#firstTickAt ??= startedAt
    this.#lastTickAt = startedAt
  }

  stepEnded(event: StepEnd): void {
    let tally = this.#steps.get(event.stepId)
    if (tally === undefined) this.#steps.set(event.stepId, (tally = new StepTally(event)))
    tally.add(event)
  }

  get statistics(): ExecutionStatistics {
    const { count: ticks, times } = this.#watch
    const [firstTickAt, lastTickAt] = [this.#firstTickAt, this.#lastTickAt]
    const steps = Object.fromEntries([...this.#steps].map(([path, tally]) => [path, tally.statistics]))
    return { ticks, ...this.#counts, ...times, firstTickAt, lastTickAt, steps }
  }
}
