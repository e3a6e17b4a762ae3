import { PipelineError } from '@pipe/core'
import { prometheusName } from './prometheus-name.ts'
import type { Instrument, Labels, Measure, MetricsSink } from './sink.ts'

/** The part of a registry of `prom-client` that is used. */
export interface PrometheusRegistry {
  /** The metric with that name, or `undefined`. */
  getSingleMetric(name: string): unknown
  /** Adds a metric; throws when another one has its name. */
  registerMetric(metric: object): void
}

/** What the metrics of `prom-client` are made with. */
export interface PrometheusMetricOptions {
  /** As Prometheus writes it. */
  name: string
  /** One sentence. */
  help: string
  /** The names of its labels. */
  labelNames: string[]
  /** None: it is registered afterwards. */
  registers: never[]
}

/** The part of `prom-client` that is used. */
export interface PrometheusClient {
  /** Makes what adds values from 0 up. */
  readonly Counter: new (options: PrometheusMetricOptions) => { labels(labels: Labels): { inc(value: number): void } }
  /** Makes what adds any values, or keeps the last one. */
  readonly Gauge: new (options: PrometheusMetricOptions) => {
    labels(labels: Labels): { inc(value: number): void; set(value: number): void }
  }
  /** Makes what counts values by size. */
  readonly Histogram: new (options: PrometheusMetricOptions & { buckets: number[] }) => {
    labels(labels: Labels): { observe(value: number): void }
  }
  /** The registry of those that name no other. */
  readonly register: PrometheusRegistry
}

/** A metric that was registered here. */
interface Registered {
  readonly instrument: Instrument
  readonly metric: object
  readonly bind: (labels: Labels) => Measure
}

const registered = new WeakMap<PrometheusRegistry, Map<string, Registered>>()

/**
 * A sink that registers metrics with `prom-client`. They stay in the registry when the pipe is closed, so the last values
 * can still be read; another pipe with the same registry adds to them.
 *
 * @param client what `prom-client` exports
 * @param registry where the metrics are registered. Default: that of the client
 * @throws PipelineError `OPTION_INVALID`; the sink does, too, when something else in the registry has the name of a metric
 */
export function prometheus(client: PrometheusClient, registry: PrometheusRegistry = client.register): MetricsSink {
  const usable = typeof client.Counter === 'function' && typeof registry.registerMetric === 'function'
  if (!usable)
    throw invalid('prometheus() takes what `prom-client` exports, and a registry: prometheus(client, registry).')
  const known = registered.get(registry) ?? new Map<string, Registered>()
  registered.set(registry, known)
  return (instrument) => {
    const name = prometheusName(instrument)
    const there = registry.getSingleMetric(name)
    const ours = known.get(name)
    if (there !== undefined) {
      if (ours?.metric !== there) throw taken(name, 'something else registered it')
      if (JSON.stringify(ours.instrument) === JSON.stringify(instrument)) return ours.bind
      throw taken(name, `it stands for ${shown(ours.instrument)}, not for ${shown(instrument)}`)
    }
    const made = { instrument, ...make(client, instrument, name) }
    registry.registerMetric(made.metric)
    known.set(name, made)
    return made.bind
  }
}

function make(
  { Counter, Gauge, Histogram }: PrometheusClient,
  { kind, description, labels: names, buckets }: Instrument,
  name: string,
): Omit<Registered, 'instrument'> {
  const options = { name, help: description, labelNames: [...names], registers: [] }
  if (kind === 'counter') {
    const metric = new Counter(options)
    return { metric, bind: (labels) => adding(metric.labels(labels)) }
  }
  if (kind === 'histogram') {
    const metric = new Histogram({ ...options, buckets: [...buckets] })
    return { metric, bind: (labels) => observing(metric.labels(labels)) }
  }
  const metric = new Gauge(options)
  const measuring = kind === 'gauge' ? setting : adding
  return { metric, bind: (labels) => measuring(metric.labels(labels)) }
}

const adding =
  (series: { inc(value: number): void }): Measure =>
  (value) =>
    series.inc(value)
const setting =
  (series: { set(value: number): void }): Measure =>
  (value) =>
    series.set(value)
const observing =
  (series: { observe(value: number): void }): Measure =>
  (value) =>
    series.observe(value)

const shown = ({ kind, name, buckets }: Instrument) =>
  `${kind} ${name}${buckets.length > 0 ? ` with buckets ${buckets.join(', ')}` : ''}`

function taken(name: string, why: string): PipelineError {
  const remedy = 'Give metrics() another `prefix`, or prometheus() another registry'
  return invalid(`The registry has a metric "${name}" already: ${why}. ${remedy}.`)
}

const invalid = (message: string) => new PipelineError('OPTION_INVALID', message, { plugin: 'metrics' })
