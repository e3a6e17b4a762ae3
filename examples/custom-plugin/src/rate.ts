import { checkOptions, type Duration, invalidOption, type OptionRules, type OptionSite, toMs } from '@pipe/core'

/** How many permits there are in which time. */
export interface Rate {
  /** Permits in the time `per`; above 0. */
  readonly permits: number
  /** The time in which they come back, evenly; above 0. Default `'1s'`. */
  readonly per?: Duration
  /** Permits that may be taken at once after a rest: a whole number from 1 up. Default 1. */
  readonly burst?: number
}

/** A rate that has been checked. */
export interface Pace {
  /** Milliseconds until one more permit is there. */
  readonly interval: number
  readonly burst: number
}

const RULES: OptionRules<Rate> = {
  permits: ['a number above 0', (value) => Number.isFinite(value) && Number(value) > 0],
  per: ["milliseconds above 0, or a string such as '1s'", isTime],
  burst: ['a whole number from 1 up', (value) => Number.isSafeInteger(value) && Number(value) >= 1],
}

/**
 * The rate, checked.
 *
 * @throws PipelineError `OPTION_INVALID`
 */
export function paceOf(rate: Rate, site: OptionSite): Pace {
  const { permits, per = '1s', burst = 1 } = checkOptions<Partial<Rate>>(rate, RULES, site)
  if (permits === undefined) throw invalidOption(site, permits, RULES.permits[0], 'permits')
  return { interval: toMs(per) / permits, burst }
}

function isTime(value: unknown): boolean {
  try {
    const ms = toMs(value as Duration)
    return ms > 0 && Number.isFinite(ms)
  } catch {
    return false
  }
}
