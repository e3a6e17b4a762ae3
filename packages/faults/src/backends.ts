import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startRedis } from '@pipe/config/servers/redis'
import { redisStore } from '@pipe/redis'
import { sqliteStore } from '@pipe/state'
import { Redis } from 'ioredis'
import type { Backend, OpenPlace } from './backend.ts'
import { sqlBackends } from './sql.ts'

/** Where runs are kept: plain data, for processes to be told. */
export interface Place {
  readonly backend: BackendName
  /** Path of a file, URL of a server. */
  readonly at: string
}

/** All of them: who adds a line here has it tested. */
export const backends = {
  sqlite: {
    make: () => {
      const folder = mkdtempSync(join(tmpdir(), 'pipe-faults-'))
      return Promise.resolve({
        at: join(folder, 'runs.db'),
        [Symbol.asyncDispose]: () => {
          rmSync(folder, { recursive: true })
          return Promise.resolve()
        },
      })
    },
    open: async (file) => {
      const store = sqliteStore({ file })
      await store.open()
      return { store, [Symbol.asyncDispose]: () => store.close() }
    },
  },
  redis: {
    make: async () => {
      const server = await startRedis({ appendonly: 'yes' })
      return { at: server.url, [Symbol.asyncDispose]: () => server.stop() }
    },
    open: async (url) => {
      const client = new Redis(url, { retryStrategy: () => 50, maxRetriesPerRequest: 1 })
      client.on('error', () => undefined) // calls that fail tell
      const store = redisStore({ client, timeout: 2_000, onWarning: () => undefined })
      await store.open()
      return {
        store,
        [Symbol.asyncDispose]: async () => {
          await store.close()
          client.disconnect()
        },
      }
    },
    setClock: async (url, ms) => {
      const client = new Redis(url)
      await client.call('EVAL', SHIFT, '0', String(-ms))
      client.disconnect()
    },
  },
  ...sqlBackends,
} satisfies Record<string, Backend>

/** Moves the leases of all runs: the clock of a server cannot be set without that of its machine. */
const SHIFT = `
for _, run in ipairs(redis.call('KEYS', '*:run')) do
  if redis.call('HGET', run, 'lease') ~= '0' then
    for _, field in ipairs({ 'lease', 'leased' }) do redis.call('HINCRBY', run, field, ARGV[1]) end
  end
end`

/** A kind of store, by its name. */
export type BackendName = keyof typeof backends
export const backendNames = Object.keys(backends) as readonly BackendName[]

/** Sets the clock of a store that has one of its own, by so many ms. */
export async function setClockOf({ backend, at }: Place, ms: number): Promise<void> {
  const { setClock }: Backend = backends[backend]
  await setClock?.(at, ms)
}

export const openPlace = ({ backend, at }: Place): Promise<OpenPlace> => backends[backend].open(at)
