// A program: steps that make real requests, with the instrumentation of `fetch`. Prints the spans, and what the server got.
import { UndiciInstrumentation } from '@opentelemetry/instrumentation-undici'
import { TracerProvider } from '@opentelemetry/sdk-trace'
import { createPipe, pipeline } from '@pipe/core'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo } from 'node:net'
import { tracing } from '../../src/index.ts'
import { recorder } from './recorder.ts'
import { register } from './register.ts'
import { drawn } from './tree.ts'

const kept = recorder()
register(new TracerProvider({ spanProcessors: kept.spanProcessors }))
new UndiciInstrumentation().enable()

const received: Record<string, string | undefined> = {}
const server = createServer(({ url = '', headers }, response) => {
  received[url] = headers['traceparent'] as string | undefined
  response.setHeader('connection', 'close').end('answer')
})
await once(server.listen(0, '127.0.0.1'), 'listening')
const { port } = server.address() as AddressInfo
const get = async (path: string) => (await fetch(`http://127.0.0.1:${port}/${path}`)).text()

const defined = pipeline('p', (p) => {
  const a = p.step('a', { run: () => get('a') })
  const b = p.step('b', { run: () => get('b') })
  const map = p.map('map', { needs: { a, b }, over: () => ['x', 'y'], key: (item) => item, run: (item) => get(item) })
  return p.step('bad', { needs: { map }, run: () => Promise.reject(new Error('boom')) })
})
const outer = pipeline('outer', (p) => {
  const seat = p.step('seat', { run: () => get('seat'), undo: () => get('refund') })
  return p.call('rest', defined, { needs: { seat }, input: () => undefined })
})
await createPipe({ plugins: [tracing()] }).start(outer).result
server.close()

const { spans } = kept
const requests = spans.filter(({ name }) => name === 'GET')
const sent = requests.map((request) => {
  const { traceId, spanId } = request.spanContext()
  return [request.attributes['url.path'], `00-${traceId}-${spanId}-01`]
})
console.log(JSON.stringify({ tree: drawn(spans).split('\n'), sent: Object.fromEntries(sent) as unknown, received }))
