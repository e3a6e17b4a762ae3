import {
  checkOptions,
  type Duration,
  invalidOption,
  type OptionRule,
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
}

/** Limits in milliseconds; `Infinity` is none. */
export interface Limits {
  readonly attempt: number
  readonly total: number
}

const NO_LIMITS: Limits = { attempt: Infinity, total: Infinity }

/**
 * The defaults, checked.
 *
 * @throws PipelineError `OPTION_INVALID`
 */
export function checkDefaults(defaults: Duration | TimeoutOptions): Limits {
  return check(defaults, NO_LIMITS, {
    owner: 'timeout()',
    shape: 'a duration or { attempt, total }',
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
  return check(timeout, defaults, optionSite(step, 'timeout', 'timeout', 'a duration, false or { attempt, total }'))
}

/** A limit, or an object of nothing but limits. Those it does not name are taken from `defaults`. */
function check(options: Duration | TimeoutOptions, defaults: Limits, site: OptionSite): Limits {
  if (typeof options === 'number' || typeof options === 'string') {
    if (!isLimit(options)) throw invalidOption(site, options, LIMIT[0])
    return { ...defaults, attempt: toMs(options) }
  }
  const { attempt = defaults.attempt, total = defaults.total } = checkOptions(
    options,
    { attempt: LIMIT, total: LIMIT },
    site,
  )
  return { attempt: toMs(attempt), total: toMs(total) }
}

const isLimit = (value: unknown) => {
  try {
    return toMs(value as Duration) > 0
  } catch {
    return false
  }
}

const LIMIT: OptionRule = ["milliseconds above 0, a string such as '30s', or Infinity", isLimit]
