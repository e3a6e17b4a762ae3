import { createPipe, pipeline } from '@pipe/core'
import { rateLimit } from '../src/rate-limit.ts'
import { RateLimits, rateLimits } from '../src/rate-limits.ts'

const run = () => 1
pipeline('p', (p) => p.step('a', { rateLimit: 'api', run }))
pipeline('p', (p) => p.map('a', { over: () => [1], rateLimit: { permits: 10, per: '1m', burst: 3 }, run }))
// @ts-expect-error -- a rate says how many
pipeline('p', (p) => p.step('a', { rateLimit: { per: '1m' }, run }))
// @ts-expect-error -- durations have a unit
pipeline('p', (p) => p.step('a', { rateLimit: { permits: 1, per: '1 minute' }, run }))
// @ts-expect-error -- of what?
pipeline('p', (p) => p.step('a', { rateLimit: 10, run }))

const limits = rateLimits({ api: { permits: 10 } })
const pipe = createPipe({ plugins: [rateLimit(limits)] })
pipe.events.on('rate-limit:wait', ({ stepId, bucket, ahead, waitMs }) => `${stepId} ${bucket} ${ahead + waitMs}`)
// @ts-expect-error -- the event is another
pipe.events.on('rate-limit:waits', run)
// @ts-expect-error -- it has no such field
pipe.events.on('rate-limit:wait', ({ permits }) => String(permits))

const asking = pipeline('p', (p) =>
  p.step('a', { uses: { limits: RateLimits }, run: (_, { use, signal }) => use.limits.take('api', signal) }),
)
createPipe({ services: { 'rate-limits': limits } })
  .run(asking)
  .catch(run)
// @ts-expect-error -- the pipeline requires the buckets
pipe.run(asking).catch(run)
