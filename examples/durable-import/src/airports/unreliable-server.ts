import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { parse } from 'csv-parse/sync'
import { z } from 'zod'

/** A web service on this machine, and how to end it. */
export interface UnreliableServer extends AsyncDisposable {
  readonly url: string
}

/** What goes wrong, by state: how often, and how. */
const troubles: Readonly<Record<string, { times: number; answer: (response: ServerResponse) => void }>> = {
  CA: { times: 2, answer: (response) => response.writeHead(503, 'Service Unavailable').end() },
  FL: { times: 1, answer: () => undefined }, // it never answers
  NY: { times: 1, answer: (response) => response.end('<h1>Have a nice day</h1>') },
  TX: { times: 1, answer: (response) => response.writeHead(429, 'Too Many Requests', { 'retry-after': '1' }).end() },
}

/**
 * A source as they are out there: `GET /airports/TX` answers `{ "state": "TX", "airports": 209 }`, after a while. The
 * first requests for some states are refused, get nonsense, or no answer at all: always the same ones. It lives as long
 * as the process does, and the next one begins with the same troubles.
 *
 * @param file the airports it counts
 */
export async function startUnreliableServer(file: string): Promise<UnreliableServer> {
  const airports = await countByState(file)
  const asked = new Map<string, number>()

  const answer = async (state: string, response: ServerResponse) => {
    const times = (asked.get(state) ?? 0) + 1
    asked.set(state, times)
    await sleep(20)
    const trouble = troubles[state]
    if (trouble !== undefined && times <= trouble.times) trouble.answer(response)
    else response.end(JSON.stringify({ state, airports: airports.get(state) ?? 0 }))
  }

  const server = createServer((request, response) => {
    const state = /^\/airports\/([A-Z]{2})$/.exec(request.url ?? '')?.[1]
    if (state !== undefined) void answer(state, response)
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

async function countByState(file: string): Promise<ReadonlyMap<string, number>> {
  const airports = z.array(z.object({ state: z.string() })).parse(parse(await readFile(file), { columns: true }))
  const counts = new Map<string, number>()
  for (const { state } of airports) counts.set(state, (counts.get(state) ?? 0) + 1)
  return counts
}
