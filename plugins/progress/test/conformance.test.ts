import { describePlugin } from '@pipe/testing'
import { describe, test } from 'vitest'
import { progress } from '../src/index.ts'
import { MemoryPipe, Screen } from './support/screen.ts'

describePlugin('progress', () => progress({ stream: new Screen(), mode: 'live' }), { describe, test, everyStep: true })
describePlugin('progress', () => progress({ stream: new MemoryPipe(), mode: 'plain' }), {
  describe,
  test,
  everyStep: true,
})
describePlugin('progress', () => progress({ mode: 'silent' }), { describe, test })
