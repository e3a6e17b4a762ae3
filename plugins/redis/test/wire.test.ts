import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fromWire, toWire } from '../src/wire.ts'

const utf8 = (text: string) => new TextDecoder().decode(new TextEncoder().encode(text))

test('comes back from UTF-8 as it was, whatever it is', () => {
  const anything = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)) }),
    fc.string().map((text) => `\u0001${text}`),
  )
  fc.assert(fc.property(anything, (text) => fromWire(utf8(toWire(text))) === text))
})

test('is the string itself unless that has lone surrogates', () => {
  for (const text of ['', '{"a":1}', 'NUL \0 and 😀', 'é'.repeat(1_000)]) expect(toWire(text)).toBe(text)
  expect(toWire('\ud800')).toBe('\u0001"\\ud800"')
})

test('no two strings are sent as the same', () => {
  expect(toWire('\u0001"\\ud800"')).not.toBe(toWire('\ud800'))
})
