import { createPipe } from '@pipe/core'
import { expect, test } from 'vitest'
import { durable, memoryStore, storeOf } from '../src/index.ts'

test('of a pipe with durable() is that of durable(), before any run', async () => {
  const store = memoryStore()
  await using pipe = createPipe({ plugins: [durable({ store })] })
  expect(await storeOf(pipe)).toBe(store)
  expect(await store.list({}, 10)).toEqual({ items: [] })
})

test('of a pipe without it there is none', async () => {
  await using pipe = createPipe()
  expect(await storeOf(pipe)).toBeUndefined()
})

test('of a pipe that is closed cannot be asked', async () => {
  const pipe = createPipe({ plugins: [durable({ store: memoryStore() })] })
  await pipe.close()
  await expect(storeOf(pipe)).rejects.toMatchObject({ code: 'PIPE_CLOSED' })
})
