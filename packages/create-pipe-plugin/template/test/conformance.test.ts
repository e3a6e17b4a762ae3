import { describePlugin } from '@pipe/testing'
import { describe, test } from 'vitest'
import { slowStep } from '../src/index.ts'

describePlugin('slow-step', () => slowStep(), {
  describe,
  test,
  options: { slowStep: { after: '5s' } },
  refuses: [
    { options: { slowStep: { after: 0 } }, says: ['`slowStep.after`', '"a"', 'above 0', 'got 0'] },
    { options: { slowStep: { before: '5s' } }, says: ['`slowStep.before`', 'after'] },
  ],
})
