import { once } from 'node:events'
import { Redis } from 'ioredis'
import { createClient } from 'redis'
import type { RedisClient } from '../../src/index.ts'

/** A client that a test made: what it hands to the store, a way to send anything, and a way to close it. */
export interface TestClient {
  readonly client: RedisClient
  readonly send: (...command: string[]) => Promise<unknown>
  readonly close: () => Promise<void>
}

/** Makes a client of one kind, connected to `url`, that tries to connect again and again, soon. */
export type Connect = (url: string) => Promise<TestClient>

const ioredis: Connect = async (url) => {
  const client = new Redis(url, { lazyConnect: true, retryStrategy: () => 20, maxRetriesPerRequest: 1 })
  client.on('error', () => undefined)
  await client.connect()
  return {
    client,
    send: (command, ...args) => client.call(command, args),
    close: async () => {
      const isOpen = client.status === 'ready'
      client.disconnect()
      if (isOpen) await once(client, 'end')
    },
  }
}

const nodeRedis: Connect = async (url) => {
  const client = createClient({ url, socket: { reconnectStrategy: 20 } })
  client.on('error', () => undefined)
  await client.connect()
  return { client, send: (...command) => client.sendCommand(command), close: async () => client.destroy() }
}

/** Every test is a test of both. */
export const kinds: readonly (readonly [kind: string, connect: Connect])[] = [
  ['ioredis', ioredis],
  ['node-redis', nodeRedis],
]
