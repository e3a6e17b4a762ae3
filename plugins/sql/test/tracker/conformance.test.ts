import { DatabaseSync } from 'node:sqlite'
import { describePlugin } from '@pipe/testing'
import { describe, test } from 'vitest'
import { tracker } from '../../src/index.ts'

const refuses = [
  { options: { track: true }, says: ['`track`', '"a"', 'false or an object', 'got true'] },
  { options: { track: { input: 'always' } }, says: ['`track.input`', "true, false or 'failed'", "got 'always'"] },
  { options: { track: { output: 1 } }, says: ['`track.output`', 'true or false'] },
  { options: { track: { inputs: true } }, says: ['`track.inputs`', 'left out', 'input, output'] },
]

describePlugin('sql', () => tracker({ db: new DatabaseSync(':memory:') }), {
  describe,
  test,
  options: { track: { input: true, output: true } },
  refuses,
})
