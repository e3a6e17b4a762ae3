import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { parse } from 'csv-parse/sync'
import { z } from 'zod'
import { mean } from './month.ts'

/** How the server is today: it `answers`, is `moody` with the first requests for some months, or is `down`. */
export type Mood = 'answers' | 'moody' | 'down'

/** A web service on this machine, and how to end it. */
export interface UnreliableServer extends AsyncDisposable {
  readonly url: string
  mood: Mood
}

const refuse = (response: ServerResponse) => response.writeHead(503, 'Service Unavailable').end()

/** What goes wrong in a mood, by month: how often, and how. */
const troubles: Readonly<Record<number, { times: number; answer: (response: ServerResponse) => unknown }>> = {
  3: { times: 1, answer: refuse },
  6: { times: 1, answer: (response) => response.end('<h1>Have a nice day</h1>') },
  8: { times: 2, answer: refuse },
  10: { times: 1, answer: () => undefined }, // it never answers
}

const Hours = z.array(z.object({ date: z.string(), temperature: z.coerce.number() }))

/** Mean temperature by month (1 to 12) of a file with the normal temperature of every hour of a year. */
function normalsByMonth(file: string): ReadonlyMap<number, number> {
  const hours = Hours.parse(parse(readFileSync(file), { columns: true }))
  const months = Map.groupBy(hours, ({ date }) => Number(date.slice(5, 7)))
  return new Map([...months].map(([month, hours]) => [month, mean(hours.map(({ temperature }) => temperature))]))
}

/**
 * A source as they are out there: `GET /normals/3` answers `{ "temperature": 7.9 }`, after a while.
 *
 * @param file the temperatures it knows, by hour
 */
export async function startUnreliableServer(file: string): Promise<UnreliableServer> {
  const normals = normalsByMonth(file)
  let mood: Mood = 'answers'
  const asked = new Map<number, number>()

  const answer = async (month: number, response: ServerResponse) => {
    const times = (asked.get(month) ?? 0) + 1
    asked.set(month, times)
    await sleep(30 + 20 * (month % 4))
    const trouble = troubles[month]
    if (mood === 'down') refuse(response)
    else if (mood === 'moody' && trouble !== undefined && times <= trouble.times) trouble.answer(response)
    else response.end(JSON.stringify({ temperature: normals.get(month) }))
  }

  const server = createServer((request, response) => {
    void answer(Number(/^\/normals\/(\d+)$/.exec(request.url ?? '')?.[1]), response)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')

  return {
    // The address of a server that listens on a port is an AddressInfo.
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get mood() {
      return mood
    },
    set mood(next) {
      mood = next
      asked.clear()
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((closed) => server.close(closed))
    },
  }
}
