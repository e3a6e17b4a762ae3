import { PipelineError } from '@pipe/core'
import { shown } from './shown.ts'
import type { MetricsSink } from './sink.ts'

/** What `metrics()` takes. Everything is optional. */
export interface MetricsOptions {
  /** Where measurements go: `prometheus(…)`, `openTelemetry(…)`, or one of your own. Default: only into results. */
  readonly sink?: MetricsSink
  /** What the names begin with: a letter, then letters, digits, `_` and dots, at most 100. Default `pipe`. */
  readonly prefix?: string
  /** Upper bounds of the buckets of durations, in seconds, ascending. Default: 15 from 0.001 to 300. */
  readonly buckets?: readonly number[]
  /** The same for metrics of one's own that are recorded, by name. Default: 15 from 0 to 10,000. */
  readonly customBuckets?: Readonly<Record<string, readonly number[]>>
  /** The most names of metrics of one's own, a whole number from 0 up. Default 100. */
  readonly maxCustom?: number
}

/** The options, checked and complete. */
export interface Settings {
  readonly sink: MetricsSink
  readonly prefix: string
  readonly buckets: readonly number[]
  readonly bucketsOf: (name: string) => readonly number[]
  readonly maxCustom: number
}

/** Seconds: from what a step in this process takes to what one that asks a slow service does. */
const DURATIONS = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300]
/** Those that OpenTelemetry takes for values of which nothing is known. */
const VALUES = [0, 5, 10, 25, 50, 75, 100, 250, 500, 750, 1_000, 2_500, 5_000, 7_500, 10_000]

const FIELDS: readonly string[] = [
  'sink',
  'prefix',
  'buckets',
  'customBuckets',
  'maxCustom',
] satisfies (keyof MetricsOptions)[]

const nowhere: MetricsSink = () => () => () => undefined

/** @throws PipelineError `OPTION_INVALID` */
export function checkOptions(options: MetricsOptions): Settings {
  if (!isRecord(options)) throw invalid('options', 'an object', options)
  for (const field of Object.keys(options)) {
    if (!FIELDS.includes(field)) throw invalid(field, `left out: the options are ${FIELDS.join(', ')}`, field)
  }
  const { sink = nowhere, prefix = 'pipe', buckets = DURATIONS, customBuckets = {}, maxCustom = 100 } = options
  if (typeof sink !== 'function') throw invalid('sink', 'a sink: prometheus(…), openTelemetry(…) or a function', sink)
  if (typeof prefix !== 'string' || !/^[a-z][a-z0-9_.]{0,99}$/i.test(prefix))
    throw invalid('prefix', 'a letter, then letters, digits, `_` and dots, at most 100', prefix)
  if (!Number.isInteger(maxCustom) || maxCustom < 0) throw invalid('maxCustom', 'a whole number from 0 up', maxCustom)
  if (!isRecord(customBuckets)) throw invalid('customBuckets', 'an object: names and their buckets', customBuckets)
  const custom = new Map(
    Object.entries(customBuckets).map(([name, bounds]) => [name, checkBuckets(`customBuckets.${name}`, bounds)]),
  )
  return {
    sink,
    prefix,
    buckets: checkBuckets('buckets', buckets),
    bucketsOf: (name) => custom.get(name) ?? VALUES,
    maxCustom,
  }
}

/** A copy of the buckets, when that is what they are. */
function checkBuckets(field: string, buckets: readonly number[]): readonly number[] {
  const bounds = buckets // what `isArray` has seen has no type any more
  const ascending = (bound: number, i: number) => Number.isFinite(bound) && (i === 0 || bound > bounds[i - 1]!)
  if (!Array.isArray(buckets) || bounds.length === 0 || !bounds.every(ascending))
    throw invalid(field, 'one or more finite numbers, each greater than the one before', buckets)
  return [...bounds]
}

const isRecord = (value: unknown) => typeof value === 'object' && value !== null && !Array.isArray(value)

function invalid(field: string, expected: string, value: unknown): PipelineError {
  const message = `\`${field}\` of metrics() must be ${expected}; got ${shown(value)}.`
  return new PipelineError('OPTION_INVALID', message, { plugin: 'metrics' })
}
