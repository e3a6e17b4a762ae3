import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fromText, toText } from '../../src/store/text.ts'

/** Any code units, and those often that no database keeps. */
const anyText = fc
  .array(
    fc.oneof(
      fc.constantFrom(0, 1, 2, 0x30, 0x31, 0x32, 0x3400, 0xd800, 0xdbff, 0xdc00, 0xdfff, 0xfeff),
      fc.nat(0xffff),
    ),
  )
  .map((units) => String.fromCharCode(...units))

test('a text comes back as it was, and grows to twice its bytes at most', () => {
  fc.assert(
    fc.property(anyText, (value) => {
      const text = toText(value)
      expect(fromText(text)).toBe(value)
      expect(text.isWellFormed() && !text.includes('\0') && !text.startsWith('\ufeff')).toBe(true)
      expect(Buffer.byteLength(text)).toBeLessThanOrEqual(2 * Buffer.byteLength(value))
    }),
  )
})

test('different values give different texts', () => {
  fc.assert(
    fc.property(anyText, anyText, (one, other) => {
      expect(toText(one) === toText(other)).toBe(one === other)
    }),
  )
})

test('what all databases keep stays as it is', () => {
  for (const value of ['', 'a', 'naïve 本 🦊', '{"a":"\\u0000"}', 'a\ufeff']) expect(toText(value)).toBe(value)
})
