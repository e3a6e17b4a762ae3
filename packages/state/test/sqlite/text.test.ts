import fc from 'fast-check'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, test } from 'vitest'
import { fromText, toText } from '../../src/sqlite/text.ts'

const anyString = fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code)) })

describe('strings in SQLite', () => {
  test('ordinary ones are kept as they are', () => {
    for (const text of ['', '{"a":1}', 'naïve 😀', '\u0002', '\ufeff']) expect(toText(text)).toBe(text)
  })

  test('each comes back from a table byte for byte', () => {
    const db = new DatabaseSync(':memory:')
    db.exec('CREATE TABLE texts (text TEXT NOT NULL) STRICT')
    const insert = db.prepare('INSERT INTO texts VALUES (?) RETURNING text')
    const roundTrip = (value: string) => fromText(String(insert.get(toText(value))?.['text']))
    for (const value of ['\ud800', 'a\udc00b', 'a\0b', '\0', '\u0001"x"', '\u0001\ud800'])
      expect(roundTrip(value)).toBe(value)
    fc.assert(fc.property(anyString, (value) => roundTrip(value) === value))
    db.close()
  })

  test('different ones differ', () => {
    fc.assert(fc.property(anyString, anyString, (a, b) => (a === b) === (toText(a) === toText(b))))
    expect(toText('\ud800')).not.toBe(toText(toText('\ud800')))
  })
})
