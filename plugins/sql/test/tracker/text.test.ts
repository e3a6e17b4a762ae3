import fc from 'fast-check'
import { expect, it } from 'vitest'
import { definitionPath } from '../../src/tracker/path.ts'
import { keyText, storable } from '../../src/tracker/text.ts'

it('leaves texts as they are that fit, and that every database can keep', () => {
  expect(keyText('naïve/本[🦊]', 40)).toBe('naïve/本[🦊]')
  expect(keyText('a'.repeat(40), 40)).toBe('a'.repeat(40))
})

it('replaces what no database can keep', () => {
  expect(storable('a\0b')).toBe('a\ufffdb')
  expect(storable('half \ud83e')).toBe('half \ufffd')
})

it('cuts what is too long, so that different texts stay different and none is broken', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 200 }), fc.string({ unit: 'binary' }), (start, end) => {
      const [one, other] = [`${start}${'x'.repeat(60)}a${end}`, `${start}${'x'.repeat(60)}b${end}`].map((text) =>
        keyText(text, 60),
      )
      expect(one).not.toBe(other)
      for (const text of [one!, other!]) {
        expect(Buffer.byteLength(text)).toBeLessThanOrEqual(60)
        expect(text.isWellFormed()).toBe(true)
      }
    }),
  )
})

it.each([
  ['a', 'a'],
  ['orders[42]/charge', 'orders/charge'],
  ['orders[a\\]b/c]/charge[0]', 'orders/charge'],
  ['orders[a\nb]', 'orders'],
])('groups %j as %j', (path, step) => {
  expect(definitionPath(path)).toBe(step)
})
