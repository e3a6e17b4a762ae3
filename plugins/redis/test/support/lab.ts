import { randomUUID } from 'node:crypto'
import { redisUrl } from '@pipe/config/servers/redis'
import type { LeaseRequest, NewRun, StateStore } from '@pipe/state'
import { afterAll, beforeAll } from 'vitest'
import { redisStore, type RedisStoreOptions } from '../../src/index.ts'
import type { Connect, TestClient } from './clients.ts'

/** What tests of a file share: a server, a prefix of their own, clients and stores that are closed afterwards. */
export interface Lab {
  readonly prefix: string
  /** A client of the kind. */
  readonly client: () => TestClient
  /** An open store with a client of its own, of this kind if another one is not said. */
  readonly store: (options?: Partial<RedisStoreOptions>, by?: Connect) => Promise<StateStore>
  /** Another client, for a test that breaks its connection. */
  readonly another: (by?: Connect) => Promise<TestClient>
}
/** For a `describe`: takes the server at `REDIS_URL`, or starts one; removes the keys of the prefix in the end. */
export function lab(connect: Connect): Lab {
  const prefix = `test-${randomUUID()}`
  const clients: TestClient[] = []
  const stores: StateStore[] = []
  let server: Awaited<ReturnType<typeof redisUrl>>

  const another = async (by = connect) => {
    const client = await by(server.url)
    clients.push(client)
    return client
  }
  beforeAll(async () => {
    server = await redisUrl()
    await another()
  })
  afterAll(async () => {
    await Promise.all(stores.map((store) => store.close()))
    await removeKeys(clients[0]!, prefix)
    await Promise.all(clients.map((client) => client.close()))
    await server.stop()
  })
  return {
    prefix,
    client: () => clients[0]!,
    another,
    store: async (options, by) => {
      const store = redisStore({ client: (await another(by)).client, prefix, onWarning: () => undefined, ...options })
      stores.push(store)
      await store.open()
      return store
    },
  }
}

async function removeKeys({ send }: TestClient, prefix: string): Promise<void> {
  for (const key of await keysWith(send, prefix)) await send('UNLINK', key)
}

/** The keys on the server that begin with `prefix`, sorted. */
export async function keysWith(send: TestClient['send'], prefix: string): Promise<string[]> {
  const found = new Set<string>()
  let cursor = '0'
  do {
    const [next, keys] = (await send('SCAN', cursor, 'MATCH', `${prefix}:*`, 'COUNT', '1000')) as [string, string[]]
    for (const key of keys) found.add(key)
    cursor = next
  } while (cursor !== '0')
  return [...found].sort()
}

/** How many connections listen to the commands of the stores with `prefix`. */
export async function listening({ send }: TestClient, prefix: string): Promise<number> {
  const [, count] = (await send('PUBSUB', 'NUMSUB', `${prefix}:commands`)) as [string, number]
  return count
}

let runs = 0

/** A run that nobody knows. */
export const aRun = (given: Partial<NewRun> = {}): NewRun => ({
  id: `run-${++runs}`,
  pipeline: 'orders',
  data: '{"input":1}',
  ...given,
})

/** Somebody who asks for it. */
export const request = (given: Partial<LeaseRequest> = {}): LeaseRequest => ({
  owner: `owner-${++runs}`,
  leaseMs: 60_000,
  maxCrashes: 3,
  ...given,
})

/**
 * Sets the clock of the server by so many ms, as the lease of a run sees it: when the clock goes forwards, what was kept is
 * further back. The clock of a server cannot be set for one test.
 */
export const adjust = ({ send }: TestClient, prefix: string, id: string, ms: number): Promise<unknown> =>
  send('EVAL', SHIFT, '1', `${prefix}:{${id}}:run`, String(-ms))

const SHIFT = `
for _, field in ipairs({ 'lease', 'leased' }) do
  redis.call('HSET', KEYS[1], field, string.format('%.0f', redis.call('HGET', KEYS[1], field) + ARGV[1]))
end`

/** Lets the lease of a run run out: time goes by on the server, for it alone. */
export const expire = ({ send }: TestClient, prefix: string, id: string): Promise<unknown> =>
  send('HSET', `${prefix}:{${id}}:run`, 'lease', '1')
