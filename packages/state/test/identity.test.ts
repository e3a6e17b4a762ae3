import { pipeline } from '@pipe/core'
import fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import { jsonCodec, richCodec, runsIn } from '../src/index.ts'
import { hasIdentity, identityOf } from '../src/identity.ts'
import { agingStore, startProcess } from './support/process.ts'

class Row {
  readonly id: number
  constructor(id: number) {
    this.id = id
  }
}
const cyclic = (name: string) => {
  const value: Record<string, unknown> = { name }
  return (value['self'] = value)
}
const isSame = (one: unknown, other: unknown, codec = richCodec) => {
  const identity = identityOf(codec, one)
  return identity !== undefined && hasIdentity(codec, other, identity)
}

describe('an item', () => {
  test.each([
    ['maps', new Map([['n', 1]]), new Map([['n', 2]])],
    ['sets', new Set([1]), new Set([2])],
    ['dates', new Date(0), new Date(1)],
    ['bigints', 1n, 2n],
    ['what is not a number', NaN, Infinity],
    ['cycles', cyclic('a'), cyclic('b')],
    ['instances of classes, by their fields', new Row(1), new Row(2)],
    ['strings and numbers', '1', 1],
    ['nothing', undefined, null],
  ])('is told from others: %s', (_, one, other) => {
    expect([isSame(one, one), isSame(other, other)]).toEqual([true, true])
    expect([isSame(one, other), isSame(other, one)]).toEqual([false, false])
  })

  test('is the same whatever the order of its fields, wherever they are', () => {
    expect(isSame({ a: 1, b: { c: 1, d: 2 } }, { b: { d: 2, c: 1 }, a: 1 })).toBe(true)
    expect(isSame(new Map([[1, { a: 1, b: 2 }]]), new Map([[1, { b: 2, a: 1 }]]))).toBe(true)
    expect(isSame([new Set([{ a: 1, b: 2 }])], [new Set([{ b: 2, a: 1 }])])).toBe(true)
    expect(
      isSame(Object.assign(Object.create(null), { a: 1, b: 2 }), Object.assign(Object.create(null), { b: 2, a: 1 })),
    ).toBe(true)
    expect(isSame([1, 2], [2, 1])).toBe(false)
  })

  test('of plain data is the same for every codec; of other data, as far as the codec can tell', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (item) => {
        expect(identityOf(richCodec, item)).toBe(identityOf(jsonCodec, item))
      }),
    )
    const identity = identityOf(richCodec, new Map([['n', 1]]))!
    expect(hasIdentity(jsonCodec, new Map([['n', 2]]), identity)).toBe(true)
  })

  test('that nothing can write has none', () => {
    expect(identityOf(jsonCodec, cyclic('a'))).toBeUndefined()
    expect(identityOf(jsonCodec, undefined)).toBeUndefined()
  })
})

describe('a run that goes on', () => {
  const never = () => new Promise<never>(() => undefined)
  const [one, two] = [new Map([['n', 1]]), new Map([['n', 2]])]

  /** What a run of two items answers with, when its process died after them and the source has other items then. */
  const goOn = async (before: readonly unknown[], after: readonly unknown[], codecs = [richCodec, richCodec]) => {
    const { store, age } = agingStore()
    let items = before
    const last = vi.fn<(done: readonly string[]) => unknown>().mockImplementationOnce(never)
    const defined = pipeline('p', (p) => {
      const did = p.map('did', {
        over: () => items,
        run: (item) => `did ${item instanceof Map ? item.get('n') : 'it'}`,
      })
      return p.step('last', { needs: { did }, run: ({ did }) => last(did) ?? did })
    })
    const first = startProcess(store, { codec: codecs[0]! })
    void first.pipe.run(defined, undefined, { id: 'run-1' })
    await vi.waitFor(() => expect(last).toHaveBeenCalledTimes(1))
    expect(await runsIn(store, { codec: richCodec }).steps('run-1')).toHaveLength(2)
    first.kill()
    age(31_000)
    items = after
    const { output, error } = await startProcess(store, { codec: codecs[1]! }).pipe.start(defined, undefined, {
      id: 'run-1',
    }).result
    return error?.code ?? output
  }

  test('has no results for items that another codec than JSON tells apart, when they have changed places', async () => {
    expect(await goOn([one, two], [two, one])).toBe('RUN_CHANGED')
    expect(await goOn([one, two], [one, two])).toEqual(['did 1', 'did 2'])
  })

  test('has them for items whose fields have changed places, and after another codec was chosen', async () => {
    const items = [{ a: 1, b: 1 }, { a: 2 }]
    expect(await goOn(items, [{ b: 1, a: 1 }, { a: 2 }], [jsonCodec, richCodec])).toEqual(['did it', 'did it'])
  })
})
