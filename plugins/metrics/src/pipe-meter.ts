import type { MiddlewareContext, RunEnd, RunEvent, RunContext, StepEvent } from '@pipe/core'
import { CustomMetrics } from './custom-metrics.ts'
import { type Instruments, instrumentsOf } from './instruments.ts'
import { LiveRun } from './live-run.ts'
import type { Settings } from './options.ts'
import { PipelineSeries, type StepSeries } from './series.ts'
import type { StepMetrics } from './step-metrics.ts'

/** What a pipe measures. */
export class PipeMeter {
  readonly #instruments: Instruments
  readonly #custom: CustomMetrics
  readonly #pipelines = new Map<string, PipelineSeries>()
  readonly #runs = new Map<string, LiveRun>()

  /** Throws what the sink throws. */
  constructor(settings: Settings, report: (error: unknown) => void) {
    this.#instruments = instrumentsOf(settings.sink, settings.prefix, settings.buckets)
    this.#custom = new CustomMetrics(settings, report)
  }

  runStarted({ runId, pipeline }: RunEvent): void {
    const series = this.#pipeline(pipeline)
    let run = this.#runs.get(runId)
    if (run === undefined) this.#runs.set(runId, (run = new LiveRun(series)))
    run.count++
    series.started()
  }

  runEnded({ runId, pipeline, status, durationMs }: RunEnd): void {
    const run = this.#runs.get(runId)
    if (run === undefined) return
    if (--run.count === 0) this.#runs.delete(runId)
    this.#pipeline(pipeline).ended(status, durationMs)
  }

  /** Lets what the steps of a run measure be in its result. */
  reportTo(context: RunContext): void {
    this.#runs.get(context.runId)?.reportTo(context)
  }

  /** The series of the step that an event is about. */
  step({ runId, stepId }: StepEvent): StepSeries | undefined {
    return this.#runs.get(runId)?.series.step(stepId)
  }

  /** The field `metrics` of a context. */
  metricsOf(ctx: MiddlewareContext): StepMetrics | undefined {
    const run = this.#runs.get(ctx.runId)
    return run && this.#custom.of(run, ctx)
  }

  #pipeline(name: string): PipelineSeries {
    let series = this.#pipelines.get(name)
    if (series === undefined) this.#pipelines.set(name, (series = new PipelineSeries(this.#instruments, name)))
    return series
  }
}
