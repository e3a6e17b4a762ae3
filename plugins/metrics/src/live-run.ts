import type { RunContext } from '@pipe/core'
import type { PipelineSeries } from './series.ts'
import type { StepMetrics, Summary } from './step-metrics.ts'

/** A run that has begun and not ended, with what its steps have measured so far. */
export class LiveRun {
  readonly series: PipelineSeries
  /** So many runs have this id at the moment: one, unless somebody gives ids that are not unique. */
  count = 0
  readonly #contexts: RunContext[] = []
  #values: Record<string, number | Summary> | null = null

  constructor(series: PipelineSeries) {
    this.series = series
  }

  /** Lets what is measured be in the result of a run. */
  reportTo(context: RunContext): void {
    this.#contexts.push(context)
    if (this.#values !== null) context.report('metrics', this.#values)
  }

  /** Keeps a value for the result. Answers with the number that the run has now; for `record`, with the value itself. */
  keep(method: keyof StepMetrics, name: string, value: number): number {
    const before = this.#values?.[name]
    if (method === 'record') {
      const { count, sum, min, max } = typeof before === 'object' ? before : NOTHING
      this.#set(name, { count: count + 1, sum: sum + value, min: Math.min(min, value), max: Math.max(max, value) })
      return value
    }
    const now = method === 'increment' && typeof before === 'number' ? before + value : value
    this.#set(name, now)
    return now
  }

  #set(name: string, value: number | Summary): void {
    if (this.count === 0) return // it has ended: its result does not change any more
    if (this.#values === null) {
      this.#values = {}
      for (const context of this.#contexts) context.report('metrics', this.#values)
    }
    this.#values[name] = value
  }
}

const NOTHING: Summary = { count: 0, sum: 0, min: Infinity, max: -Infinity }
