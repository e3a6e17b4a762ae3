import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startRedis } from '@pipe/config/servers/redis'
import { redisStore } from '@pipe/redis'
import { sqliteStore, type StateStore } from '@pipe/state'
import { Redis } from 'ioredis'

/** Where runs are kept: plain data, for processes to be told. */
export interface Place {
  readonly backend: BackendName
  /** Path of a file, URL of a server. */
  readonly at: string
}

/** A store that is open, and how to be done with it. */
export interface OpenPlace extends AsyncDisposable {
  readonly store: StateStore
}

/** A kind of store that several processes share. */
export interface Backend {
  /** A place where nothing is kept yet, and how to be done with it. */
  readonly make: () => Promise<{ readonly at: string } & AsyncDisposable>
  readonly open: (at: string) => Promise<OpenPlace>
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
  },
} satisfies Record<string, Backend>

/** A kind of store, by its name. */
export type BackendName = keyof typeof backends
export const backendNames = Object.keys(backends) as readonly BackendName[]

export const openPlace = ({ backend, at }: Place): Promise<OpenPlace> => backends[backend].open(at)
