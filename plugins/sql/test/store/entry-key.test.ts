import { expect, test } from 'vitest'
import { entryKeyOf } from '../../src/store/entry-key.ts'

test('a key that fits is looked for as it is', () => {
  for (const key of ['a', 'x'.repeat(255), '中'.repeat(85)])
    expect(entryKeyOf(key)).toEqual({ entryKey: key, longKey: null })
})

test('a longer one is looked for by a hash, and kept beside it', () => {
  const keys = ['x'.repeat(256), '中'.repeat(86), `${'x'.repeat(1_999)}y`, '\u0001'.repeat(200), '\ud800'.repeat(100)]
  const found = keys.map(entryKeyOf)
  for (const { entryKey, longKey } of found) {
    expect(Buffer.byteLength(entryKey)).toBeLessThanOrEqual(255)
    expect(longKey).not.toBeNull()
  }
  expect(new Set(found.map(({ entryKey }) => entryKey)).size).toBe(keys.length)
})

test('no key is taken for the hash of another', () => {
  const { entryKey } = entryKeyOf('x'.repeat(256))
  expect(entryKeyOf(entryKey).entryKey).not.toBe(entryKey)
})
