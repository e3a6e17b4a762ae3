import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Codec, jsonCodec, richCodec, Unstorable } from '../src/index.ts'

const thrownBy = (codec: Codec, value: unknown): Unstorable => {
  try {
    codec.encode(value)
  } catch (error) {
    return error as Unstorable
  }
  throw new Error('It did not throw.')
}
const there = (codec: Codec, value: unknown) => codec.decode(codec.encode(value))

class Money {
  readonly amount = 1
}
class List extends Array<number> {}
const cyclic: Record<string, unknown> = {}
cyclic['self'] = cyclic
const deep = Array.from({ length: 1_000 }).reduce<unknown>((inner) => [inner], 1)

describe('the codec of JSON', () => {
  test('gives back what it was given', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(there(jsonCodec, value)).toEqual(JSON.parse(JSON.stringify(value)))
      }),
    )
    const odd = { '': 1, 'a.b': '\u0000\ud800"\n', nothing: null, 'é😀': [[], {}] }
    expect(there(jsonCodec, odd)).toEqual(odd)
  })

  test.each([
    [[undefined]],
    [[[undefined, 1], { a: [undefined, { '': [undefined] }] }, null]],
    [{ '?': ['?', undefined, '\n?'] }],
  ])('keeps what is undefined in arrays, as optional items are: %j', (value) => {
    expect(there(jsonCodec, value)).toStrictEqual(value)
  })

  test('takes fields that are undefined as absent, and -0 as 0', () => {
    expect(there(jsonCodec, { a: undefined, b: -0 })).toEqual({ b: 0 })
  })

  test.each<readonly [unknown, path: string, what: string]>([
    [new Date(0), '', 'a Date'],
    [{ a: [1, new Map()] }, '.a[1]', 'a Map'],
    [{ 'a b': new Money() }, '["a b"]', 'a Money'],
    [{ n: NaN }, '.n', 'NaN'],
    [[Infinity], '[0]', 'Infinity'],
    [{ n: 1n }, '.n', 'a bigint'],
    [{ f: () => 1 }, '.f', 'a function'],
    [{ s: Symbol() }, '.s', 'a symbol'],
    [Array(1), '[0]', 'a hole'],
    [{ x: cyclic }, '.x.self', 'a cycle'],
    [{ [Symbol.iterator]: 1 }, '', 'an object with symbols as keys'],
    [{ a: { toJSON: () => 1 } }, '.a', 'an object with `toJSON`'],
    [new Error('boom'), '', 'a Error'],
    [{ m: /b/.exec('abc') }, '.m.groups', 'a field of an array'],
    [[Object.assign([1], { total: 1 })], '[0].total', 'a field of an array'],
    [Object.assign([], { '01': 1 }), '.01', 'a field of an array'],
    [{ list: List.of(1) }, '.list', 'a List'],
  ])('refuses what JSON would lose: %o', (value, path, what) => {
    const error = thrownBy(jsonCodec, value)
    expect(error).toBeInstanceOf(Unstorable)
    expect([error.path, error.message]).toEqual([path, what])
  })

  test('refuses what is nested too deeply, instead of running out of stack', () => {
    expect(thrownBy(jsonCodec, deep).message).toBe('nested more than 500 deep')
  })
})

describe('the rich codec', () => {
  test('gives back dates, maps, sets, bigints and others as they were', () => {
    const rich = {
      at: new Date(5),
      map: new Map<unknown, unknown>([[{ k: 1 }, new Set([1n])]]),
      odd: [undefined, NaN, -0, Infinity, /x/g],
      bytes: new Uint8Array([1, 2]),
    }
    expect(there(richCodec, rich)).toEqual(rich)
    const back = there(richCodec, cyclic) as typeof cyclic
    expect(back['self']).toBe(back)
  })

  test.each([
    [{ a: [() => 1] }, '.a[0]'],
    [{ m: new Money() }, '.m'],
    [{ list: List.of(1) }, '.list'],
    [[Buffer.from('x')], '[0]'],
    [new (class extends Map<string, string> {})(), ''],
    [{ [Symbol.toStringTag]: 'Odd', get: () => 1 }, ''],
    [[Object.assign([1], { total: 1 })], '[0]'],
  ])('refuses functions, instances of classes, and arrays that have more than elements: %o', (value, path) => {
    expect(thrownBy(richCodec, value)).toMatchObject({ path })
  })
})
