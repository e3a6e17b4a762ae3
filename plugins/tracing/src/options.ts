import type { Link, Tracer } from '@opentelemetry/api'
import { messageOf, PipelineError, type RunContext, type StepInfo } from '@pipe/core'
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
  const site: Site = { owner: 'tracing()', path: '', shape: 'an object' }
  check(defaults, { ...OPTIONS, ...PLUGIN_OPTIONS }, site)
  const { tracer, links = traceparentLinks, ...steps } = defaults
  return { steps: complete(DEFAULTS, steps), tracer, links }
}

/**
 * How `step` is traced.
 *
 * @throws PipelineError `OPTION_INVALID`
 */
export function settingsOf({ pipeline, id, options: { tracing = {} } }: StepInfo, { steps }: Common): Settings {
  if (tracing === false) return null
  const owner = `step "${id}" of pipeline "${pipeline}"`
  check(tracing, OPTIONS, { owner, path: 'tracing', shape: 'false or an object', pipeline, step: id })
  return complete(steps, tracing)
}

/** An explicit `undefined` is the same as nothing. */
function complete(defaults: Required<TracingOptions>, own: TracingOptions): Required<TracingOptions> {
  return { attempts: own.attempts ?? defaults.attempts, items: own.items ?? defaults.items }
}

/** Where options were written, for the error. */
interface Site {
  readonly owner: string
  /** What the fields belong to. */
  readonly path: string
  /** What is expected there. */
  readonly shape: string
  readonly pipeline?: string
  readonly step?: string
}

type Rule = readonly [expected: string, holds: (value: unknown) => boolean]
type Rules = Readonly<Record<string, Rule>>

const ATTEMPTS: readonly unknown[] = ['all', 'repeated', 'none'] satisfies TracingOptions['attempts'][]
const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null
const isCount = (value: unknown) => value === Infinity || (Number.isInteger(value) && Number(value) >= 0)

const OPTIONS: Readonly<Record<keyof TracingOptions, Rule>> = {
  attempts: ["one of 'all', 'repeated', 'none'", (value) => ATTEMPTS.includes(value)],
  items: ['a whole number from 0 up, or Infinity', isCount],
}

const PLUGIN_OPTIONS: Readonly<Record<Exclude<keyof TracingDefaults, keyof TracingOptions>, Rule>> = {
  tracer: ['a tracer of OpenTelemetry', (value) => isObject(value) && typeof value['startSpan'] === 'function'],
  links: ['a function', (value) => typeof value === 'function'],
}

/** The one validation: an object whose fields all keep their rule. */
function check(options: unknown, rules: Rules, site: Site): void {
  if (!isObject(options)) throw invalid(site, '', site.shape, options)
  for (const [field, value] of Object.entries(options)) {
    if (value === undefined) continue
    const rule = Object.hasOwn(rules, field) ? rules[field] : undefined
    if (rule === undefined)
      throw invalid(site, field, `left out: the options are ${Object.keys(rules).join(', ')}`, value)
    const [expected, holds] = rule
    if (!holds(value)) throw invalid(site, field, expected, value)
  }
}

function invalid(site: Site, field: string, expected: string, value: unknown): PipelineError {
  const { owner, path, shape: _, ...where } = site
  const option = [path, field].filter((part) => part !== '').join('.') || 'options'
  const shown = typeof value === 'string' ? `'${value}'` : isObject(value) ? 'this object' : messageOf(value)
  const message = `\`${option}\` of ${owner} must be ${expected}; got ${shown}.`
  return new PipelineError('OPTION_INVALID', message, { plugin: 'tracing', ...where })
}
