import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Pages } from './pipeline.ts'

/** What the server lets through: so many requests at once, and so many a second in the long run. */
const [ALLOWANCE, PER_SECOND] = [20, 60]

/** A server of pages on this machine. Who calls it too fast gets a 429 and is told to come back in a second. */
export async function startPages() {
  const counts = { answered: 0, refused: 0 }
  let [allowance, at] = [ALLOWANCE, performance.now()]
  const isTooFast = () => {
    const now = performance.now()
    allowance = Math.min(ALLOWANCE, allowance + ((now - at) / 1_000) * PER_SECOND)
    at = now
    if (allowance < 1) return true
    allowance--
    return false
  }
  const server = createServer(({ url = '' }, response) => {
    const refused = isTooFast()
    counts[refused ? 'refused' : 'answered']++
    if (refused) response.writeHead(429, { 'retry-after': '1', connection: 'close' }).end()
    else response.writeHead(200, { connection: 'close' }).end(`the page ${url.slice(1)}`)
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  const pages: Pages = {
    async get(name, signal) {
      const response = await fetch(`http://127.0.0.1:${port}/${name}`, { signal })
      if (response.ok) return response.text()
      const { status, statusText, headers } = response
      throw Object.assign(new Error(`${status} ${statusText}`), { headers })
    },
  }
  return {
    pages,
    /** What it did since it was last asked. It forgives what was too fast before. */
    takeCounts: () => {
      const taken = { ...counts }
      Object.assign(counts, { answered: 0, refused: 0 })
      allowance = ALLOWANCE
      return taken
    },
    close: () => server.close(),
  }
}
