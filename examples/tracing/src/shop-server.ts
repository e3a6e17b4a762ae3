import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Shop } from './pipeline.ts'

/** A shop on this machine. The first time a lamp is reserved it is busy, and Bea has no money. */
export async function startShop() {
  let lamps = 0
  /** The traces that requests were part of, as their headers said. */
  const traces = new Set<string | undefined>()
  const server = createServer(({ url = '', headers }, response) => {
    const { traceparent } = headers
    traces.add(typeof traceparent === 'string' ? traceparent.split('-')[1] : undefined)
    const [, what = '', name = ''] = url.split('/')
    const refused = (what === 'reserve' && name === 'lamp' && ++lamps === 1) || (what === 'pay' && name === 'Bea')
    response.writeHead(refused ? (what === 'pay' ? 402 : 503) : 200, { connection: 'close' }).end(name)
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  const shop: Shop = {
    async get(path, signal) {
      const response = await fetch(`http://127.0.0.1:${port}/${path}`, { signal })
      if (!response.ok) throw new Error(`${response.status} ${response.statusText}`)
      return response.text()
    },
  }
  return { ...shop, traces, close: () => server.close() }
}
