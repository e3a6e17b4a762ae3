import {
  checkOptions,
  type Duration,
  invalidOption,
  type OptionRule,
  type OptionRules,
  type OptionSite,
  optionSite,
  type StepInfo,
  toMs,
} from '@pipe/core'
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
  const site = { owner: 'retry()', plugin: 'retry' }
  const options = checkOptions(defaults, { ...OPTIONS, budget: ['', () => true] }, site)
  if (options.budget !== undefined)
    checkBudget(options.budget, { ...site, path: 'budget', shape: 'an object { retries, per }' })
  complete(options, {}, site)
  return options
}

/**
 * What `step` is retried by; `undefined` when it is not. Defaults that say `maxAttempts` hold for every function; what
 * runs a pipeline has to ask for it, since around steps that are retried attempts multiply.
 *
 * @throws PipelineError `OPTION_INVALID`
 */
export function settingsOf(step: StepInfo, defaults: RetryOptions): Settings | undefined {
  const { kind, runs } = step
  const { retry = {} } = step.options
  if (kind === 'map' || retry === false) return undefined // the option of a map is meant for its items
  const asks = step.options.retry !== undefined || (defaults.maxAttempts !== undefined && runs === 'function')
  if (!asks) return undefined
  const site = optionSite(step, 'retry', 'retry', 'a number, false or an object')
  const own = checkOptions(typeof retry === 'number' ? { maxAttempts: retry } : retry, OPTIONS, site)
  return complete(defaults, own, site)
}

function complete(defaults: RetryOptions, own: RetryOptions, site: OptionSite): Settings {
  const options = { ...DEFAULTS, ...defaults, ...own }
  const [initialDelay, maxDelay] = [toMs(options.initialDelay), toMs(options.maxDelay)]
  if (maxDelay < initialDelay)
    throw invalidOption(site, maxDelay, `at least \`initialDelay\` (${initialDelay} ms)`, 'maxDelay')
  return { ...options, initialDelay, maxDelay, maxElapsed: toMs(options.maxElapsed) }
}

/** A budget says both. */
function checkBudget(budget: RetryBudget, site: OptionSite): void {
  const said = checkOptions<Partial<RetryBudget>>(budget, BUDGET, site)
  for (const field of ['retries', 'per'] as const)
    if (said[field] === undefined) throw invalidOption(site, undefined, BUDGET[field][0], field)
}

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
const oneOf = (...names: readonly string[]): OptionRule => [
  `one of ${names.map((name) => `'${name}'`).join(', ')}`,
  (value) => names.includes(value as string),
]
const delay: OptionRule = ["milliseconds from 0 up, or a string such as '2s'", (value) => isDuration(value)]

const OPTIONS: OptionRules<RetryOptions> = {
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

const BUDGET: OptionRules<RetryBudget> = {
  retries: ['a whole number from 1 up', isWhole],
  per: ["milliseconds above 0, or a string such as '1m'", (value) => isDuration(value, Number.MIN_VALUE)],
}
