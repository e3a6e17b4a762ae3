import type { MapItem, RunStatus, StepEnd, StepStatus } from '@pipe/core'
import type { Bind, Instruments } from './instruments.ts'
import { definitionPath } from './path.ts'
import type { Labels, Measure } from './sink.ts'

/** How often something ended in one way, and how long that took. */
interface Ended {
  readonly count: Measure
  readonly duration: Measure
}

/** An instrument that counts and one that takes times, by status. */
class ByStatus<S extends string> {
  readonly #count: Bind
  readonly #duration: Bind
  readonly #labels: Labels
  readonly #known = new Map<S, Ended>()

  constructor(count: Bind, duration: Bind, labels: Labels) {
    this.#count = count
    this.#duration = duration
    this.#labels = labels
  }

  of(status: S): Ended {
    return this.#known.get(status) ?? this.#bind(status)
  }

  #bind(status: S): Ended {
    const labels = { ...this.#labels, status }
    const ended = { count: this.#count(labels), duration: this.#duration(labels) }
    this.#known.set(status, ended)
    return ended
  }
}

/** What is measured of one step in all its runs, and of its items when it is a map. */
export class StepSeries {
  readonly labels: Labels
  readonly #active: Measure
  readonly #waitTime: Measure
  readonly #attempts: Measure
  readonly #retries: Measure
  readonly #steps: ByStatus<StepStatus>
  readonly #items: ByStatus<StepStatus>

  constructor(instruments: Instruments, labels: Labels) {
    this.labels = labels
    this.#active = instruments.activeSteps(labels)
    this.#waitTime = instruments.waitTime(labels)
    this.#attempts = instruments.attempts(labels)
    this.#retries = instruments.retries(labels)
    this.#steps = new ByStatus(instruments.steps, instruments.stepDuration, labels)
    this.#items = new ByStatus(instruments.items, instruments.itemDuration, labels)
  }

  started(waitMs: number | undefined): void {
    this.#active(1)
    if (waitMs !== undefined) this.#waitTime(waitMs / 1000)
  }

  retried(): void {
    this.#retries(1)
  }

  ended(event: StepEnd): void {
    if (event.attempts > 0) this.#active(-1)
    this.#count(this.#steps, event)
  }

  itemEnded(event: MapItem): void {
    this.#count(this.#items, event)
  }

  /** What was never started has no attempts and takes no time. */
  #count(by: ByStatus<StepStatus>, { status, attempts, durationMs }: StepEnd): void {
    const { count, duration } = by.of(status)
    count(1)
    if (attempts === 0) return
    this.#attempts(attempts)
    duration(durationMs / 1000)
  }
}

/** What is measured of the runs of one pipeline, and of all steps in them. */
export class PipelineSeries {
  readonly #instruments: Instruments
  readonly #name: string
  readonly #active: Measure
  readonly #runs: ByStatus<RunStatus>
  readonly #steps = new Map<string, StepSeries>()

  constructor(instruments: Instruments, pipeline: string) {
    const labels = { pipeline }
    this.#instruments = instruments
    this.#name = pipeline
    this.#active = instruments.activeRuns(labels)
    this.#runs = new ByStatus(instruments.runs, instruments.runDuration, labels)
  }

  started(): void {
    this.#active(1)
  }

  ended(status: RunStatus, durationMs: number): void {
    this.#active(-1)
    const { count, duration } = this.#runs.of(status)
    count(1)
    duration(durationMs / 1000)
  }

  /** The series of the step at `path`, whichever item or iteration it is in. */
  step(path: string): StepSeries {
    const step = definitionPath(path)
    let series = this.#steps.get(step)
    if (series === undefined) {
      series = new StepSeries(this.#instruments, { pipeline: this.#name, step })
      this.#steps.set(step, series)
    }
    return series
  }
}
