import { describePlugin } from '@pipe/testing'
import { describe, test } from 'vitest'
import { rateLimit } from '../src/rate-limit.ts'

describePlugin('rate-limit', () => rateLimit(), {
  describe,
  test,
  options: { rateLimit: { permits: 1_000, burst: 100 } },
  refuses: [
    { options: { rateLimit: 'api' }, says: ['`rateLimit`', '"a"', 'there are: none', "'api'"] },
    { options: { rateLimit: { permits: 0 } }, says: ['`rateLimit.permits`', '"a"', 'above 0', 'got 0'] },
    { options: { rateLimit: { permits: 1, every: '1s' } }, says: ['`rateLimit.every`', 'permits, per, burst'] },
  ],
})
