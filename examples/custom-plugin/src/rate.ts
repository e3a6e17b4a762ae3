import { type Duration, messageOf, PipelineError, toMs } from '@pipe/core'

/** How many permits there are in which time. */
export interface Rate {
  /** Permits in the time `per`; above 0. */
  readonly permits: number
  /** The time in which they come back, evenly; above 0. Default `'1s'`. */
  readonly per?: Duration
  /** Permits that may be taken at once after a rest: a whole number from 1 up. Default 1, which is no more than the pace. */
  readonly burst?: number
}

/** A rate that has been checked. */
export interface Pace {
  /** Milliseconds until one more permit is there. */
  readonly interval: number
  readonly burst: number
}

/** Where a rate was written, for the error. */
export interface Site {
  /** Such as `step "a"`. */
  readonly owner: string
  /** What the fields belong to. */
  readonly path: string
  readonly pipeline?: string
  readonly step?: string
}

type Rule = readonly [expected: string, holds: (value: unknown) => boolean]

const RULES: Readonly<Record<keyof Rate, Rule>> = {
  permits: ['a number above 0', (value) => Number.isFinite(value) && Number(value) > 0],
  per: ["milliseconds above 0, or a string such as '1s'", isTime],
  burst: ['a whole number from 1 up', (value) => Number.isSafeInteger(value) && Number(value) >= 1],
}

/**
 * The rate, checked.
 *
 * @throws PipelineError `OPTION_INVALID`
 */
export function paceOf(rate: Rate, site: Site): Pace {
  if (typeof rate !== 'object' || (rate as unknown) === null)
    throw invalid(site, '', 'the name of a bucket, or a rate such as { permits: 10 }', rate)
  for (const field of new Set(['permits', ...Object.keys(rate)])) {
    if (!isField(field)) throw invalid(site, field, `left out: a rate has ${Object.keys(RULES).join(', ')}`, field)
    const [expected, holds] = RULES[field]
    const value: unknown = rate[field]
    if ((value !== undefined || field === 'permits') && !holds(value)) throw invalid(site, field, expected, value)
  }
  const { permits, per = '1s', burst = 1 } = rate
  return { interval: toMs(per) / permits, burst }
}

/** The one error about rates: which, where, what is expected, what it is. */
export function invalid(site: Site, field: string, expected: string, value: unknown): PipelineError {
  const { owner, path, ...where } = site
  const option = [path, field].filter((part) => part !== '').join('.')
  const shown = typeof value === 'string' ? `'${value}'` : messageOf(value)
  const message = `\`${option}\` of ${owner} must be ${expected}; got ${shown}.`
  return new PipelineError('OPTION_INVALID', message, { plugin: 'rate-limit', ...where })
}

function isField(field: string): field is keyof Rate {
  return Object.hasOwn(RULES, field)
}

function isTime(value: unknown): boolean {
  try {
    const ms = toMs(value as Duration)
    return ms > 0 && Number.isFinite(ms)
  } catch {
    return false
  }
}
