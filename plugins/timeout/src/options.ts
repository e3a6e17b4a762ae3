import { type Duration, messageOf, PipelineError, type StepInfo, toMs } from '@pipe/core'

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
  return check(defaults, NO_LIMITS, { owner: 'timeout()', path: '', shape: 'a duration or { attempt, total }' })
}

/**
 * The limits of `step`. Defaults hold for every function; what runs a pipeline has to ask for limits, since those of the
 * steps inside hold already.
 *
 * @throws PipelineError `OPTION_INVALID`
 */
export function limitsOf(step: StepInfo, defaults: Limits): Limits {
  const { pipeline, id, kind, runs, options } = step
  const { timeout } = options
  if (kind === 'map' || timeout === false) return NO_LIMITS // the option of a map is meant for its items
  if (timeout === undefined) return runs === 'function' ? defaults : NO_LIMITS
  const owner = `step "${id}" of pipeline "${pipeline}"`
  const shape = 'a duration, false or { attempt, total }'
  return check(timeout, defaults, { owner, path: 'timeout', shape, pipeline, step: id })
}

/** Where options were written, for the error. */
interface Site {
  readonly owner: string
  /** What the limits belong to. */
  readonly path: string
  /** What is expected there. */
  readonly shape: string
  readonly pipeline?: string
  readonly step?: string
}

const FIELDS: readonly string[] = ['attempt', 'total'] satisfies (keyof TimeoutOptions)[]

/** The one validation: a limit, or an object of nothing but limits. Those it does not name are taken from `defaults`. */
function check(options: Duration | TimeoutOptions, defaults: Limits, site: Site): Limits {
  if (typeof options === 'number' || typeof options === 'string')
    return { ...defaults, attempt: limit('', options, site) }
  if (typeof options !== 'object' || (options as unknown) === null) throw invalid(site, '', site.shape, options)
  for (const field of Object.keys(options)) {
    if (!FIELDS.includes(field)) throw invalid(site, field, `left out: the limits are ${FIELDS.join(', ')}`, field)
  }
  const { attempt = defaults.attempt, total = defaults.total } = options
  return { attempt: limit('attempt', attempt, site), total: limit('total', total, site) }
}

function limit(field: string, value: Duration, site: Site): number {
  try {
    const ms = toMs(value)
    if (ms > 0) return ms
  } catch {
    // said below, with the place
  }
  throw invalid(site, field, "milliseconds above 0, a string such as '30s', or Infinity", value)
}

function invalid(site: Site, field: string, expected: string, value: unknown): PipelineError {
  const { owner, path, shape: _, ...where } = site
  const option = [path, field].filter((part) => part !== '').join('.') || 'options'
  const shown = typeof value === 'string' ? `'${value}'` : messageOf(value)
  const message = `\`${option}\` of ${owner} must be ${expected}; got ${shown}.`
  return new PipelineError('OPTION_INVALID', message, { plugin: 'timeout', ...where })
}
