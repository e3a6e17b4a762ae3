import { checkOptions, invalidOption, type OptionRules } from '@pipe/core'
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

const nowhere: MetricsSink = () => () => () => undefined

const isBuckets = (value: unknown) => {
  if (!Array.isArray(value) || value.length === 0) return false
  const bounds: readonly unknown[] = value
  return bounds.every((bound, i) => Number.isFinite(bound) && (i === 0 || Number(bound) > Number(bounds[i - 1])))
}
const BUCKETS = ['one or more finite numbers, each greater than the one before', isBuckets] as const
const isRecord = (value: unknown) => typeof value === 'object' && value !== null && !Array.isArray(value)

const OPTIONS: OptionRules<MetricsOptions> = {
  sink: ['a sink: prometheus(…), openTelemetry(…) or a function', (value) => typeof value === 'function'],
  prefix: [
    'a letter, then letters, digits, `_` and dots, at most 100',
    (value) => typeof value === 'string' && /^[a-z][a-z0-9_.]{0,99}$/i.test(value),
  ],
  buckets: BUCKETS,
  customBuckets: ['an object: names and their buckets', isRecord],
  maxCustom: ['a whole number from 0 up', (value) => Number.isInteger(value) && Number(value) >= 0],
}

/** @throws PipelineError `OPTION_INVALID` */
export function settingsOf(options: MetricsOptions): Settings {
  const site = { owner: 'metrics()', plugin: 'metrics' }
  const {
    sink = nowhere,
    prefix = 'pipe',
    buckets = DURATIONS,
    customBuckets = {},
    maxCustom = 100,
  } = checkOptions(options, OPTIONS, site)
  for (const [name, bounds] of Object.entries(customBuckets))
    if (!isBuckets(bounds)) throw invalidOption({ ...site, path: 'customBuckets' }, bounds, BUCKETS[0], name)
  const custom = new Map(Object.entries(customBuckets).map(([name, bounds]) => [name, [...bounds]]))
  return { sink, prefix, buckets: [...buckets], bucketsOf: (name) => custom.get(name) ?? VALUES, maxCustom }
}
