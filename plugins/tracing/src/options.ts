import type { Link, Tracer } from '@opentelemetry/api'
import { checkOptions, type OptionRules, optionSite, type RunContext, type StepInfo } from '@pipe/core'
import { traceparentLinks } from './traceparent.ts'

declare module '@pipe/core' {
  interface StepOptions {
    /** How the step is traced. `false`: neither it nor what it runs has spans. */
    readonly tracing?: false | TracingOptions
  }
}

/** How steps are traced. What a step leaves out is taken from `tracing(defaults)`, then from the defaults named here. */
export interface TracingOptions {
  /**
   * Which attempts have a span of their own, below that of the step: each one, those after the first, or none. Default
   * `repeated`: an attempt that is the only one would say nothing that the span of the step does not say.
   */
  readonly attempts?: 'all' | 'repeated' | 'none'
  /**
   * So many items of a map, and iterations of a loop, have spans: the first ones, and as many of the other items that
   * fail. A whole number from 0 up, or `Infinity`. Default 100.
   */
  readonly items?: number
}

/** What `tracing()` takes: defaults for the steps, and what holds for all runs. */
export interface TracingDefaults extends TracingOptions {
  /** Makes the spans. Default: the tracer `@pipe/tracing` of the global provider. */
  readonly tracer?: Tracer
  /** What the span of a run is linked to. Default: {@link traceparentLinks}. */
  readonly links?: (run: RunContext) => readonly Link[]
}

/** Complete options of a step; `null` for one that has no spans. */
export type Settings = Required<TracingOptions> | null

/** Complete options of the plugin. */
export interface Common {
  readonly steps: Required<TracingOptions>
  readonly tracer: Tracer | undefined
  readonly links: (run: RunContext) => readonly Link[]
}

const DEFAULTS: Required<TracingOptions> = { attempts: 'repeated', items: 100 }

/**
 * The defaults, checked and complete.
 *
 * @throws PipelineError `OPTION_INVALID`
 */
export function checkDefaults(defaults: TracingDefaults): Common {
  const site = { owner: 'tracing()', plugin: 'tracing' }
  const { tracer, links = traceparentLinks, ...steps } = checkOptions(defaults, DEFAULT_OPTIONS, site)
  return { steps: { ...DEFAULTS, ...steps }, tracer, links }
}

/**
 * How `step` is traced.
 *
 * @throws PipelineError `OPTION_INVALID`
 */
export function settingsOf(step: StepInfo, { steps }: Common): Settings {
  const { tracing = {} } = step.options
  if (tracing === false) return null
  return { ...steps, ...checkOptions(tracing, OPTIONS, optionSite(step, 'tracing', 'tracing', 'false or an object')) }
}

const ATTEMPTS: readonly unknown[] = ['all', 'repeated', 'none'] satisfies TracingOptions['attempts'][]
const isCount = (value: unknown) => value === Infinity || (Number.isInteger(value) && Number(value) >= 0)

const OPTIONS: OptionRules<TracingOptions> = {
  attempts: ["one of 'all', 'repeated', 'none'", (value) => ATTEMPTS.includes(value)],
  items: ['a whole number from 0 up, or Infinity', isCount],
}

const DEFAULT_OPTIONS: OptionRules<TracingDefaults> = {
  ...OPTIONS,
  tracer: ['a tracer of OpenTelemetry', (value) => typeof (value as Partial<Tracer> | null)?.startSpan === 'function'],
  links: ['a function', (value) => typeof value === 'function'],
}
