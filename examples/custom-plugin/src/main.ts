import { createPipe } from '@pipe/core'
import { retry } from '@pipe/retry'
import { startPages } from './page-server.ts'
import { fetchAll, follow } from './pipeline.ts'
import { rateLimit, type RateLimitWait } from './rate-limit.ts'
import { rateLimits } from './rate-limits.ts'

const names = Array.from({ length: 60 }, (_, n) => `page-${n}`)
const { pages, takeCounts, close } = await startPages()

/** One bucket for all that calls the server: a little slower than the server allows. */
const limits = rateLimits({ pages: { permits: 40, per: '1s', burst: 5 } })
const services = { pages, 'rate-limits': limits }
await using pipe = createPipe({ plugins: [retry(), rateLimit(limits)], services })

const waits: RateLimitWait[] = []
pipe.events.on('rate-limit:wait', (event) => waits.push(event))

async function say(what: string, fetching: Promise<readonly unknown[]>): Promise<void> {
  const texts = await fetching
  const { answered, refused } = takeCounts()
  const got = texts.filter((text) => text !== undefined).length
  process.stdout.write(`${what}: ${got} of ${texts.length} pages, ${answered + refused} requests, ${refused} refused\n`)
}

await say('as fast as it goes', pipe.run(fetchAll({}), names))
await say('with retry', pipe.run(fetchAll({ retry: 10 }), names))
await say('with rateLimit', pipe.run(fetchAll({ rateLimit: 'pages' }), names))
const { length, [length - 1]: last } = waits
process.stdout.write(
  `  ${length} waited, ${last?.stepId} behind ${last?.ahead} others for ${Math.round(last?.waitMs ?? 0)} ms\n`,
)

const together = [pipe.run(fetchAll({ rateLimit: 'pages' }), names.slice(0, 15)), pipe.run(follow, names.slice(0, 5))]
await say(
  'two runs, one bucket',
  Promise.all(together).then((both) => both.flat()),
)
close()
