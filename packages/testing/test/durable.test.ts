import { durable, memoryStore } from '@pipe/state'
import { describe, test } from 'vitest'
import { describePlugin } from '../src/index.ts'

/** `durable` is a plugin, too; its package is below this one. */
describePlugin('durable', () => durable({ store: memoryStore() }), {
  describe,
  test,
  everyStep: true,
  options: { durable: 'checkpoint' },
  refuses: [
    { options: { durable: 'always' }, says: ['`durable` of step'] },
    { options: { durable: true }, says: ["must be 'checkpoint' or 'none'; got true"] },
  ],
})
