import { Cluster, Redis } from 'ioredis'
import { createClient } from 'redis'
import { redisStore } from '../src/index.ts'

redisStore({ client: new Redis() })
redisStore({ client: new Cluster([]), prefix: 'shop', timeout: '5s', onWarning: (message) => console.log(message) })
redisStore({ client: createClient() })
redisStore({ client: createClient({ RESP: 2 }) })

// @ts-expect-error -- a store needs a client
redisStore({})
// @ts-expect-error -- a client, not where one would connect to
redisStore({ client: 'redis://localhost' })
// @ts-expect-error -- durations have a unit
redisStore({ client: new Redis(), timeout: '5' })
