import { type Clock, invalidOption, type OptionSite, service, systemClock } from '@pipe/core'
import { Bucket } from './bucket.ts'
import { paceOf, type Rate } from './rate.ts'

/** Buckets of permits with names. As many pipes and steps as like to share one. */
export interface RateLimits {
  /**
   * Resolves with a permit of a bucket taken: for a step that makes several calls and asks before each of them. First
   * come, first served; an abort rejects at once with the reason of the signal, and takes no permit.
   *
   * @throws PipelineError `OPTION_INVALID` when there is no bucket of that name
   */
  take(name: string, signal: AbortSignal): Promise<void>
  /**
   * The bucket that an option means: one of these by its name, or a new one for a rate.
   *
   * @throws PipelineError `OPTION_INVALID`
   */
  bucketOf(option: string | Rate, site: OptionSite): Bucket
}

/** What a step names in `uses` to ask for permits itself. */
export const RateLimits = service<RateLimits>()('rate-limits')

/**
 * Makes buckets: one for each name, at first full.
 *
 * @param clock the time; give the one of the pipe in tests
 * @throws PipelineError `OPTION_INVALID`
 */
export function rateLimits(rates: Readonly<Record<string, Rate>> = {}, clock: Clock = systemClock): RateLimits {
  const bucketFor = (rate: Rate, site: OptionSite) => new Bucket(paceOf(rate, site), clock)
  const named = new Map(
    Object.entries(rates).map(([name, rate]) => [
      name,
      bucketFor(rate, { owner: 'rateLimits()', path: name, shape: 'a rate such as { permits: 10 }' }),
    ]),
  )
  const bucketOf = (option: string | Rate, site: OptionSite): Bucket => {
    if (typeof option !== 'string') return bucketFor(option, site)
    const bucket = named.get(option)
    if (bucket !== undefined) return bucket
    const names = [...named.keys()].map((name) => `'${name}'`).join(', ') || 'none'
    throw invalidOption(site, option, `a rate, or the name of a bucket (there are: ${names})`)
  }
  return {
    bucketOf,
    take: async (name, signal) => bucketOf(name, { owner: 'take()', path: 'name' }).use(() => undefined, signal),
  }
}
