import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { normalsByMonth } from './hourly.ts'

/** A web service on this machine, and how to end it. */
export interface UnreliableServer extends AsyncDisposable {
  readonly url: string
}

/** What goes wrong, by month: how often, and how. */
const troubles: Readonly<Record<number, { times: number; answer: (response: ServerResponse) => void }>> = {
  3: { times: 1, answer: (response) => response.writeHead(503, 'Service Unavailable').end() },
  6: { times: 1, answer: (response) => response.end('<h1>Have a nice day</h1>') },
  8: { times: 2, answer: (response) => response.writeHead(503, 'Service Unavailable').end() },
  10: { times: 1, answer: () => undefined }, // it never answers
}

/**
 * A source as they are out there: `GET /normals/3` answers `{ "month": 3, "temperature": 7.9 }`, after a while. The first
 * requests for some months are refused, get nonsense, or no answer at all: always the same ones.
 *
 * @param file the temperatures it knows, by hour
 */
export async function startUnreliableServer(file: string | URL): Promise<UnreliableServer> {
  const normals = await normalsByMonth(file)
  const asked = new Map<number, number>()

  const answer = async (month: number, response: ServerResponse) => {
    const times = (asked.get(month) ?? 0) + 1
    asked.set(month, times)
    await sleep(60 + 20 * (month % 4))
    const trouble = troubles[month]
    if (trouble !== undefined && times <= trouble.times) trouble.answer(response)
    else response.end(JSON.stringify({ month, temperature: normals.get(month) }))
  }

  const server = createServer((request, response) => {
    const month = Number(/^\/normals\/(\d+)$/.exec(request.url ?? '')?.[1])
    if (normals.has(month)) void answer(month, response)
    else response.writeHead(404, 'Not Found').end()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')

  return {
    // The address of a server that listens on a port is an AddressInfo.
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((closed) => server.close(closed))
    },
  }
}
