import { describePlugin } from '@pipe/testing'
import { describe, test } from 'vitest'
import { timeout } from '../src/index.ts'

const refuses = [
  { options: { timeout: 0 }, says: ['`timeout`', '"a"', 'above 0', 'got 0'] },
  { options: { timeout: { total: 'soon' } }, says: ['`timeout.total`', "'30s'", "'soon'"] },
  { options: { timeout: { each: '5s' } }, says: ['`timeout.each`', 'attempt, total'] },
]

describePlugin('timeout', () => timeout(), {
  describe,
  test,
  options: { timeout: { attempt: '10s', total: '25s' } },
  refuses,
})
