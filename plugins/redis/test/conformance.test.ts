import { describeStore } from '@pipe/testing'
import { describe, test } from 'vitest'
import { redisStore } from '../src/index.ts'
import { kinds } from './support/clients.ts'
import { lab } from './support/lab.ts'

describe.each(kinds)('with %s', (_, connect) => {
  const { client, prefix } = lab(connect)
  let stores = 0
  describeStore(
    'redis',
    () => {
      const own = `${prefix}:${stores++}`
      return { client: () => redisStore({ client: client().client, prefix: own, onWarning: () => undefined }) }
    },
    { describe, test },
  )
})
