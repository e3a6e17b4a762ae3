import { createPipe } from '@pipe/core'
import { retry } from '@pipe/retry'
import { tracing } from '@pipe/tracing'
import { drawing } from './drawing.ts'
import { order } from './pipeline.ts'
import { startShop } from './shop-server.ts'
import { startTelemetry } from './telemetry.ts'

const spans = startTelemetry() // before the first run
const shop = await startShop()
await using pipe = createPipe({ plugins: [tracing(), retry()], services: { shop } })

for (const customer of ['Ada', 'Bea']) {
  const result = await pipe.start(order, { customer, articles: ['lamp', 'rug'] }).result
  const traceId = result.reports?.tracing?.traceId
  const isKnown = shop.traces.has(traceId) ? 'the shop was told of it' : 'the shop knows nothing of it'
  process.stdout.write(`${customer}: ${result.status}. Trace ${traceId ?? 'none'}: ${isKnown}.\n\n`)
  process.stdout.write(`${drawing(spans().filter((span) => span.spanContext().traceId === traceId))}\n`)
}
shop.close()
