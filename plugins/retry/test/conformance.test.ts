import { describePlugin } from '@pipe/testing'
import { describe, test } from 'vitest'
import { retry } from '../src/index.ts'

describePlugin('retry', () => retry(), {
  describe,
  test,
  options: { retry: { maxAttempts: 4, initialDelay: '10s' } },
  refuses: [
    { options: { retry: { maxAttempts: 0 } }, says: ['`retry.maxAttempts`', '"a"', 'from 1 up', 'got 0'] },
    { options: { retry: { jitter: 'some' } }, says: ['`retry.jitter`', "'full'", "'some'"] },
    { options: { retry: { retires: 3 } }, says: ['`retry.retires`', 'maxAttempts'] },
  ],
})
