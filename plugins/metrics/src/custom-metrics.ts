import { messageOf, type MiddlewareContext, PipelineError } from '@pipe/core'
import type { Bind } from './instruments.ts'
import type { LiveRun } from './live-run.ts'
import type { Settings } from './options.ts'
import type { StepSeries } from './series.ts'
import { shown } from './shown.ts'
import type { Instrument, Measure } from './sink.ts'
import type { StepMetrics } from './step-metrics.ts'

type Method = keyof StepMetrics

const kinds = { add: 'gauge', increment: 'counter', record: 'histogram' } as const satisfies Record<
  Method,
  Instrument['kind']
>

interface CustomMetric {
  /** The method it was met with first. */
  readonly first: Method
  /** `null` when the sink refused it. */
  readonly bind: Bind | null
  readonly series: Map<StepSeries, Measure>
}

/** A letter first: OpenTelemetry and Prometheus want that. */
const NAME = /^[a-z][a-z0-9_.]{0,99}$/i

/** The metrics that steps of a pipe measure with `ctx.metrics`. */
export class CustomMetrics {
  readonly #settings: Settings
  readonly #report: (error: unknown) => void
  readonly #known = new Map<string, CustomMetric>()
  readonly #told = new Set<string>()

  constructor(settings: Settings, report: (error: unknown) => void) {
    this.#settings = settings
    this.#report = report
  }

  /** The field `metrics` of a context. */
  of(run: LiveRun, ctx: MiddlewareContext): StepMetrics {
    return {
      add: (name, value) => this.#measure('add', name, value, run, ctx),
      increment: (name, delta = 1) => this.#measure('increment', name, delta, run, ctx),
      record: (name, value) => this.#measure('record', name, value, run, ctx),
    }
  }

  #measure(method: Method, name: string, value: number, run: LiveRun, ctx: MiddlewareContext): void {
    const metric = this.#known.get(name) ?? this.#admit(method, name, ctx)
    if (metric === null) return
    const { first } = metric
    if (!Number.isFinite(value)) {
      const got = `Metric "${name}" got ${shown(value)}`
      return this.#tell(ctx, `${name} value`, `${got}, which is left out: \`${method}\` takes a finite number.`)
    }
    const refuse = (why: string) => {
      const was = `Metric "${name}" is a ${kinds[first]}, for it was first given to \`${first}\``
      this.#tell(ctx, `${name} ${method}`, `${was}: ${why}.`)
    }
    if ((method === 'record') !== (first === 'record')) return refuse(`\`${method}\` needs a name of its own`)
    const now = run.keep(method, name, value)
    if (first === 'increment') {
      if (method === 'add') return refuse('what `add` sets is only in the result of the run')
      if (value < 0) return refuse(`its delta ${value} is only in the result of the run`)
    }
    if (metric.bind === null) return
    try {
      this.#series(metric, metric.bind, run.series.step(ctx.stepId))(first === 'add' ? now : value)
    } catch (error) {
      this.#tell(ctx, `${name} sink`, `The sink did not take metric "${name}": ${messageOf(error)}`, error)
    }
  }

  #series({ series }: CustomMetric, bind: Bind, step: StepSeries): Measure {
    let measure = series.get(step)
    if (measure === undefined) series.set(step, (measure = bind(step.labels)))
    return measure
  }

  #admit(first: Method, name: string, ctx: MiddlewareContext): CustomMetric | null {
    const { maxCustom } = this.#settings
    if (typeof name !== 'string' || !NAME.test(name)) {
      const rule = 'a name is a letter, then letters, digits, `_` and dots, at most 100'
      this.#tell(ctx, 'name', `Metric ${shown(name)} is left out, and so are others with such names: ${rule}.`)
      return null
    }
    if (this.#known.size >= maxCustom) {
      const why = `there are ${maxCustom} names, as many as \`maxCustom\` of metrics() allows`
      const what = 'A name stands for a kind of thing, never for one thing: no ids in names.'
      this.#tell(ctx, 'limit', `Metric "${name}" is left out, and so is every other new one: ${why}. ${what}`)
      return null
    }
    const metric: CustomMetric = { first, bind: this.#make(first, name, ctx), series: new Map() }
    this.#known.set(name, metric)
    return metric
  }

  #make(method: Method, name: string, ctx: MiddlewareContext): Bind | null {
    const { sink, prefix, bucketsOf } = this.#settings
    const kind = kinds[method]
    try {
      return sink({
        kind,
        name: `${prefix}.custom.${name}`,
        unit: '',
        description: `What steps gave to ctx.metrics.${method} as ${name}.`,
        labels: ['pipeline', 'step'],
        buckets: kind === 'histogram' ? bucketsOf(name) : [],
      })
    } catch (error) {
      this.#tell(ctx, `${name} sink`, `The sink did not take metric "${name}": ${messageOf(error)}`, error)
      return null
    }
  }

  /** Reports each problem once, however often it comes. */
  #tell({ pipeline, stepId: step }: MiddlewareContext, problem: string, message: string, cause?: unknown): void {
    if (this.#told.has(problem)) return
    this.#told.add(problem)
    this.#report(new PipelineError('OPTION_INVALID', message, { plugin: 'metrics', pipeline, step, cause }))
  }
}
