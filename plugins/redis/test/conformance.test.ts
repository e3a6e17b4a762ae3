import { describeStore, type StoreBackend } from '@pipe/testing'
import { describe, test } from 'vitest'
import { type RedisClient, redisStore } from '../src/index.ts'
import { kinds, type TestClient } from './support/clients.ts'
import { cutOff } from './support/cut-off.ts'
import { lab } from './support/lab.ts'

describe.each(kinds)('with %s', (_, connect) => {
  const { client: shared, another, prefix } = lab(connect)
  let stores = 0
  describeStore(
    'redis',
    () => {
      const own = `${prefix}:${stores++}`
      const storeOn = (client: RedisClient) => redisStore({ client, prefix: own, onWarning: () => undefined })
      const backendOf = ({ client, close }: TestClient): StoreBackend => ({
        client: () => storeOn(client),
        cutOff: (commands) => {
          const cut = cutOff(client)
          const store = storeOn(cut.client)
          return { ...store, open: () => store.open().then(() => cut.after(commands)) }
        },
        reopen: async () => {
          const next = await another()
          if (client !== shared().client) await close()
          return backendOf(next)
        },
      })
      return backendOf(shared())
    },
    { describe, test },
  )
})
