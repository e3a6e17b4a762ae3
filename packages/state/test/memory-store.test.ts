import { expect, test } from 'vitest'
import { memoryStore } from '../src/index.ts'

test('a page does not begin where none ended', async () => {
  const store = memoryStore()
  await store.open()
  for (const after of ['', 'x', '-1', '1.5']) {
    await expect(store.list({}, 10, after)).rejects.toMatchObject({ code: 'OPTION_INVALID' })
    await expect(store.entries('run', after)).rejects.toMatchObject({ code: 'OPTION_INVALID' })
  }
})
