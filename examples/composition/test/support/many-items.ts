// A program: a map of 100,000 items with every plugin on. Every hundredth is tried again. Prints the heap in use
// after each 10,000, in bytes, as JSON. What is recorded is in a file: the argument is its path.
import { Writable } from 'node:stream'
import { context } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { type SpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'
import { createPipe, pipeline } from '@pipe/core'
import { sqliteStore } from '@pipe/state'
import { pino } from 'pino'
import { Registry } from 'prom-client'
import { everyPlugin } from './every-plugin.ts'

const ITEMS = 100_000
const EACH = 10_000

/** Takes every span and does nothing with it. */
const nowhere: SpanProcessor = {
  onStart: () => undefined,
  onEnd: () => undefined,
  forceFlush: () => Promise.resolve(),
  shutdown: () => Promise.resolve(),
}
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
const provider = new TracerProvider({ spanProcessors: [nowhere] })
const their = {
  logger: pino({ level: 'debug' }, { write: () => undefined }),
  registry: new Registry(),
  tracer: provider.getTracer('memory'),
  screen: new Writable({ write: (_chunk, _encoding, done) => done() }),
  store: sqliteStore({ file: process.argv[2]! }),
}
const plugins = Object.values(everyPlugin).map((make) => make(their))

const heap: number[] = []
function measure(): void {
  globalThis.gc?.()
  heap.push(process.memoryUsage().heapUsed)
}

const many = pipeline('many', (p) =>
  p.map('item', {
    over: function* () {
      for (let i = 1; i <= ITEMS; i++) yield i
    },
    concurrency: 8,
    retry: { maxAttempts: 2, initialDelay: 0 },
    timeout: '1m',
    run: async (i, { attempt, log, metrics, progress }) => {
      if (i % EACH === 0 && attempt === 1) measure()
      log.info({ i }, 'working')
      metrics?.increment('seen')
      metrics?.record('size', i)
      progress(i)
      await Promise.resolve()
      if (i % 100 === 0 && attempt === 1) throw new Error(`item ${i} failed`)
    },
  }),
)

await createPipe({ plugins }).run(many)
await their.store.close()
process.stdout.write(JSON.stringify(heap))
