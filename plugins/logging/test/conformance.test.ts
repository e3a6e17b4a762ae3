import { describePlugin } from '@pipe/testing'
import { describe, test } from 'vitest'
import { logging } from '../src/index.ts'
import { capture } from './support/capture.ts'

const refuses = [
  { options: { log: true }, says: ['`log`', '"a"', 'false or an object', 'got true'] },
  { options: { log: { level: 'loud' } }, says: ['`log.level`', 'trace, debug', "got 'loud'"] },
  { options: { log: { input: 'yes' } }, says: ['`log.input`', 'true or false', "got 'yes'"] },
  { options: { log: { inputs: true } }, says: ['`log.inputs`', 'left out', 'level, input, output'] },
]

describePlugin('logging', () => logging(capture().logger), {
  describe,
  test,
  options: { log: { level: 'debug', input: true, output: true } },
  refuses,
})
