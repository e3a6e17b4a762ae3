import { type Duration, PipelineError, type StepInfo, toMs } from '@pipe/core'
import type { Backoff, Jitter, Schedule } from './backoff.ts'
import { httpRetryAfter } from './retry-after.ts'

declare module '@pipe/core' {
  interface StepOptions {
    /** Another attempt after a failure. A number is short for `maxAttempts`; `false` turns defaults of the plugin off. */
    readonly retry?: number | false | RetryOptions
  }
}

/** How a step is retried. What a step leaves out is taken from `retry(defaults)`, then from the defaults named here. */
export interface RetryOptions {
  /** Most attempts, the first one included: a whole number from 1 up, or `Infinity`. Default 3. */
  readonly maxAttempts?: number
  /** How the delay grows: not at all, by `initialDelay`, or by `factor` each time. Default `exponential`. */
  readonly backoff?: Backoff
  /** Delay after the first attempt, from 0 up. Default `'1s'`. */
  readonly initialDelay?: Duration
  /** Longest delay, from `initialDelay` up. Default `'1m'`. */
  readonly maxDelay?: Duration
  /** What an exponential delay is multiplied by, a number from 1 up. Default 2. */
  readonly factor?: number
  /**
   * How delays are spread. `full` (default): from 0 to the delay; `equal`: from half of it; `none`: not at all.
   * `decorrelated`: from `initialDelay` to three times the delay before, whatever `backoff` and `factor` are.
   */
  readonly jitter?: Jitter
  /** No attempt starts later than this after the first one did. Default: no limit. */
  readonly maxElapsed?: Duration
  /** Whether another attempt makes sense after failed attempt number `attempt`. Default: after any error. */
  readonly retryIf?: (error: unknown, attempt: number) => boolean
  /**
   * The milliseconds that the error asks to wait, or `undefined`; `now` is epoch ms. The longer of it and the delay is
   * waited, so `maxElapsed` limits it and `maxDelay` does not. Default: the HTTP header `Retry-After`.
   */
  readonly retryAfter?: (error: unknown, now: number) => number | undefined
  /** Whether the next attempt may start while one that was timed out has not returned. Default false. */
  readonly overlap?: boolean
}

/** What `retry()` takes: defaults for the steps, and what holds for all of them together. */
export interface RetryDefaults extends RetryOptions {
  /** Most retries of all steps and runs of the pipe together. Default: no limit. */
  readonly budget?: RetryBudget
}

/** So many retries in a row, and so many again each time `per` has passed, refilled evenly. */
export interface RetryBudget {
  /** A whole number from 1 up. */
  readonly retries: number
  /** Above 0. */
  readonly per: Duration
}

/** Complete options, in milliseconds. */
export interface Settings extends Schedule {
  readonly maxAttempts: number
  readonly maxElapsed: number
  readonly retryIf: (error: unknown, attempt: number) => boolean
  readonly retryAfter: (error: unknown, now: number) => number | undefined
  readonly overlap: boolean
}

const DEFAULTS: Required<RetryOptions> = {
  maxAttempts: 3,
  backoff: 'exponential',
  initialDelay: '1s',
  maxDelay: '1m',
  factor: 2,
  jitter: 'full',
  maxElapsed: Infinity,
  retryIf: () => true,
  retryAfter: httpRetryAfter,
  overlap: false,
}

/**
 * The defaults, checked and copied.
 *
 * @throws PipelineError `OPTION_INVALID`
 */
export function checkDefaults(defaults: RetryDefaults): RetryDefaults {
  const site: Site = { owner: 'retry()', path: '', shape: 'an object' }
  check(defaults, { ...OPTIONS, budget: ['an object { retries, per }', isObject] }, site)
  if (defaults.budget !== undefined) check(defaults.budget, BUDGET, { ...site, path: 'budget' }, BUDGET)
  complete(defaults, {}, site)
  return { ...defaults }
}

/**
 * What `step` is retried by; `undefined` when it is not. Defaults that say `maxAttempts` hold for every function; what
 * runs a pipeline has to ask for it, since around steps that are retried attempts multiply.
 *
 * @throws PipelineError `OPTION_INVALID`
 */
export function settingsOf(step: StepInfo, defaults: RetryOptions): Settings | undefined {
  const { pipeline, id, kind, runs } = step
  const { retry = {} } = step.options
  if (kind === 'map' || retry === false) return undefined // the option of a map is meant for its items
  const asks = step.options.retry !== undefined || (defaults.maxAttempts !== undefined && runs === 'function')
  if (!asks) return undefined
  const owner = `step "${id}" of pipeline "${pipeline}"`
  const site: Site = { owner, path: 'retry', shape: 'a number, false or an object', pipeline, step: id }
  const own = typeof retry === 'number' ? { maxAttempts: retry } : retry
  check(own, OPTIONS, site)
  return complete(defaults, own, site)
}

function complete(defaults: RetryOptions, own: RetryOptions, site: Site): Settings {
  const options = { ...DEFAULTS, ...given(defaults), ...given(own) }
  const [initialDelay, maxDelay] = [toMs(options.initialDelay), toMs(options.maxDelay)]
  if (maxDelay < initialDelay)
    throw invalid(site, 'maxDelay', `at least \`initialDelay\` (${initialDelay} ms)`, maxDelay)
  return { ...options, initialDelay, maxDelay, maxElapsed: toMs(options.maxElapsed) }
}

/** The fields of `options` that say something: an explicit `undefined` is the same as nothing. */
function given<O extends object>(options: O): O {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as O
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

const isObject = (value: unknown) => typeof value === 'object' && value !== null
const isFunction = (value: unknown) => typeof value === 'function'
const isWhole = (value: unknown) => Number.isInteger(value) && Number(value) >= 1
const isDuration = (value: unknown, least = 0, most = Number.MAX_VALUE) => {
  try {
    const ms = toMs(value as Duration)
    return ms >= least && ms <= most
  } catch {
    return false
  }
}
const oneOf = (...names: readonly string[]): Rule => [
  `one of ${names.map((name) => `'${name}'`).join(', ')}`,
  (value) => names.includes(value as string),
]
const delay: Rule = ["milliseconds from 0 up, or a string such as '2s'", (value) => isDuration(value)]

const OPTIONS: Readonly<Record<keyof RetryOptions, Rule>> = {
  maxAttempts: ['a whole number from 1 up, or Infinity', (value) => isWhole(value) || value === Infinity],
  backoff: oneOf('constant', 'linear', 'exponential'),
  initialDelay: delay,
  maxDelay: delay,
  factor: ['a number from 1 up', (value) => Number.isFinite(value) && Number(value) >= 1],
  jitter: oneOf('none', 'full', 'equal', 'decorrelated'),
  maxElapsed: ["milliseconds from 0 up, a string such as '5m', or Infinity", (value) => isDuration(value, 0, Infinity)],
  retryIf: ['a function', isFunction],
  retryAfter: ['a function', isFunction],
  overlap: ['true or false', (value) => typeof value === 'boolean'],
}

const BUDGET: Readonly<Record<keyof RetryBudget, Rule>> = {
  retries: ['a whole number from 1 up', isWhole],
  per: ["milliseconds above 0, or a string such as '1m'", (value) => isDuration(value, Number.MIN_VALUE)],
}

/** The one validation: `options` must be an object whose fields all keep their rule; those of `required` must be there. */
function check(options: object, rules: Rules, site: Site, required: Rules = {}): void {
  if (!isObject(options)) throw invalid(site, '', site.shape, options)
  for (const field of Object.keys({ ...required, ...given(options) })) {
    const value = (options as Readonly<Record<string, unknown>>)[field]
    const rule = Object.hasOwn(rules, field) ? rules[field] : undefined
    if (rule === undefined)
      throw invalid(site, field, `left out: the options are ${Object.keys(rules).join(', ')}`, value)
    const [expected, holds] = rule
    if (!holds(value)) throw invalid(site, field, expected, value)
  }
}

function invalid(site: Site, field: string, expected: string, value: unknown): PipelineError {
  const { owner, path, shape, ...where } = site
  const option = [path, field].filter((part) => part !== '').join('.') || 'options'
  const shown =
    typeof value === 'string'
      ? `'${value}'`
      : isObject(value) || isFunction(value)
        ? `this ${typeof value}`
        : String(value)
  const message = `\`${option}\` of ${owner} must be ${expected}; got ${shown}.`
  return new PipelineError('OPTION_INVALID', message, { plugin: 'retry', ...where })
}
