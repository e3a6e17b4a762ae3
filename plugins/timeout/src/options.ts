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

declare module '@pipe/core' {
  interface StepOptions {
    /** The longest that an attempt may take, or `{ attempt, total }`; `false` turns defaults of the plugin off. */
    readonly timeout?: Duration | false | TimeoutOptions
  }
}

/** Limits on the time of a step. Each is above 0; `Infinity` is no limit. */
export interface TimeoutOptions {
  /** The longest that one attempt may take. Default: no limit. */
  readonly attempt?: Duration
  /** The longest that all attempts and the waits between them may take together. Default: no limit. */
  readonly total?: Duration
  /**
   * How long an attempt whose time is up may take to return, from 0 up: so long its step waits for it. Then it is given up,
   * and the result says that it is still running. Default 0.
   */
  readonly grace?: Duration
}

/** Limits in milliseconds; `Infinity` is none. */
export interface Limits {
  readonly attempt: number
  readonly total: number
  readonly grace: number
}

const NO_LIMITS: Limits = { attempt: Infinity, total: Infinity, grace: 0 }

/**
 * The defaults, checked.
 *
 * @throws PipelineError `OPTION_INVALID`
 */
export function checkDefaults(defaults: Duration | TimeoutOptions): Limits {
  return check(defaults, NO_LIMITS, {
    owner: 'timeout()',
    shape: 'a duration or { attempt, total, grace }',
    plugin: 'timeout',
  })
}

/**
 * The limits of `step`. Defaults hold for every function; what runs a pipeline has to ask for limits, since those of the
 * steps inside hold already.
 *
 * @throws PipelineError `OPTION_INVALID`
 */
export function limitsOf(step: StepInfo, defaults: Limits): Limits {
  const { kind, runs, options } = step
  const { timeout } = options
  if (kind === 'map' || timeout === false) return NO_LIMITS // the option of a map is meant for its items
  if (timeout === undefined) return runs === 'function' ? defaults : NO_LIMITS
  return check(
    timeout,
    defaults,
    optionSite(step, 'timeout', 'timeout', 'a duration, false or { attempt, total, grace }'),
  )
}

/** A limit, or an object of nothing but limits and the grace. Those it does not name are taken from `defaults`. */
function check(options: Duration | TimeoutOptions, defaults: Limits, site: OptionSite): Limits {
  if (typeof options === 'number' || typeof options === 'string') {
    if (!isLimit(options)) throw invalidOption(site, options, LIMIT[0])
    return { ...defaults, attempt: toMs(options) }
  }
  const { attempt, total, grace } = { ...defaults, ...checkOptions(options, OPTIONS, site) }
  return { attempt: toMs(attempt), total: toMs(total), grace: toMs(grace) }
}

const isDuration = (value: unknown, holds: (ms: number) => boolean) => {
  try {
    return holds(toMs(value as Duration))
  } catch {
    return false
  }
}

const isLimit = (value: unknown) => isDuration(value, (ms) => ms > 0)

const LIMIT: OptionRule = ["milliseconds above 0, a string such as '30s', or Infinity", isLimit]
const OPTIONS: OptionRules<TimeoutOptions> = {
  attempt: LIMIT,
  total: LIMIT,
  grace: ["milliseconds from 0 up, or a string such as '2s'", (value) => isDuration(value, Number.isFinite)],
}
