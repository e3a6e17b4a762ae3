import { memoryStore } from '@pipe/state'
import { describe, test } from 'vitest'
import { describeStore, fakeClock } from '../src/index.ts'

const options = { describe, test }

describeStore('memory', () => ({ client: () => memoryStore() }), options)

describeStore(
  'memory, on a clock that stands still',
  () => {
    const clock = fakeClock()
    return {
      client: () => memoryStore({ clock }),
      advance: (ms) => clock.advance(ms),
      adjust: (ms) => clock.adjust(ms),
    }
  },
  options,
)
