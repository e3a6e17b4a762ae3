import { pipeline, service, type StepOptions, type } from '@pipe/core'
import { RateLimits } from './rate-limits.ts'

/** Where pages come from. */
export interface Pages {
  get(name: string, signal: AbortSignal): Promise<string>
}
const Pages = service<Pages>()('pages')

/** Pages are fetched as fast as it goes; what the server refuses is left out, or as `options` say. */
export const fetchAll = (options: Pick<StepOptions, 'rateLimit' | 'retry'>) =>
  pipeline('fetch all', { input: type<readonly string[]>() }, (p) =>
    p.map('page', {
      over: ({ input }) => input,
      key: (name) => name,
      concurrency: 60,
      optionalItems: true,
      uses: { pages: Pages },
      ...options,
      run: (name, { use, signal }) => use.pages.get(name, signal),
    }),
  )

/** One step that makes several calls and asks for a permit before each, from the bucket that the others use too. */
export const follow = pipeline('follow', { input: type<readonly string[]>() }, (p) =>
  p.step('follow', {
    uses: { pages: Pages, limits: RateLimits },
    run: async ({ input }, { use, signal }) => {
      const texts: string[] = []
      for (const name of input) {
        await use.limits.take('pages', signal)
        texts.push(await use.pages.get(name, signal))
      }
      return texts
    },
  }),
)
