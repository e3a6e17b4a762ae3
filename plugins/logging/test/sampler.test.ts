import { createPipe, pipeline, type Plugin, type } from '@pipe/core'
import { describe, expect, test } from 'vitest'
import { logging, type LoggingOptions } from '../src/index.ts'
import { Sampler } from '../src/sampler.ts'
import { capture } from './support/capture.ts'

const stage = (options: LoggingOptions = {}) => {
  const captured = capture()
  return Object.assign(captured, { pipe: createPipe({ plugins: [logging(captured.logger, options)] }) })
}
const upTo = (count: number) => Array.from({ length: count }, (_, n) => n)

describe('a map of many items', () => {
  test('has lines for the first 100 and each 1,000th, and counts all of them at its end', async () => {
    const { pipe, of } = stage()
    await pipe.run(pipeline('p', (p) => p.map('m', { over: () => upTo(3_500), run: (n) => n })))
    const keys = of('item.succeeded').map((line) => line['pipe.item.key'])
    expect(keys).toEqual([...upTo(100).map(String), '999', '1999', '2999'])
    expect(of('step.succeeded')[0]).toMatchObject({
      'pipe.step.path': 'm',
      'pipe.map.item_count': 3_500,
      'pipe.map.succeeded_count': 3_500,
      'pipe.map.failed_count': 0,
      'pipe.map.unlogged_count': 3_397,
    })
  })

  test('loses no failure and no retry', async () => {
    const { pipe, of } = stage({ sample: { first: 1, every: Infinity } })
    const failing = pipeline('p', (p) =>
      p.map('m', {
        over: () => upTo(500),
        optionalItems: true,
        run: (n) => {
          if (n % 100 === 99) throw new Error(`no ${n}`)
        },
      }),
    )
    await pipe.run(failing)
    expect(of('item.failed').map(({ msg }) => msg)).toEqual([
      'item m[99] failed: no 99',
      'item m[199] failed: no 199',
      'item m[299] failed: no 299',
      'item m[399] failed: no 399',
      'item m[499] failed: no 499',
    ])
    for (const line of of('item.failed')) expect(line).toHaveProperty(['exception.stacktrace'])
    expect(of('item.succeeded')).toHaveLength(1)
    expect(of('step.succeeded')[0]).toMatchObject({ 'pipe.map.failed_count': 5, 'pipe.map.unlogged_count': 494 })
  })

  test('loses no retry either, of an item and of what is inside', async () => {
    const { logger, of } = capture()
    const again: Plugin = {
      name: 'again',
      policy:
        () =>
        ({ attempt }) =>
          attempt === 1 ? { retryAt: 0 } : undefined,
    }
    const pipe = createPipe({ plugins: [logging(logger, { sample: { first: 0, every: Infinity } }), again] })
    const flaky = (_: unknown, { attempt }: { readonly attempt: number }) => {
      if (attempt === 1) throw new Error('no')
    }
    const inner = pipeline('inner', (p) => p.step('a', { run: flaky }))
    await pipe.run(
      pipeline('p', (p) => ({
        m: p.map('m', { over: () => [1], run: flaky }),
        n: p.map('n', { over: () => [undefined], run: inner }),
      })),
    )
    expect(of('step.retry').map((line) => line['pipe.step.path'])).toEqual(['m[0]', 'n[0]/a'])
    expect(of('item.succeeded')).toEqual([])
  })

  test('has all lines when all are asked for, or when it is small', async () => {
    const many = pipeline('p', (p) => p.map('m', { over: () => upTo(150), run: (n) => n }))
    const { pipe, of } = stage({ sample: false })
    await pipe.run(many)
    expect(of('item.succeeded')).toHaveLength(150)
    const few = stage()
    await few.pipe.run(pipeline('p', (p) => p.map('m', { over: () => upTo(100), run: (n) => n })))
    expect(few.of('item.succeeded')).toHaveLength(100)
    expect(few.of('step.succeeded')[0]).not.toHaveProperty(['pipe.map.unlogged_count'])
  })

  test('does not touch what steps write themselves', async () => {
    const { pipe, lines } = stage({ sample: { first: 0, every: Infinity } })
    await pipe.run(
      pipeline('p', (p) => p.map('m', { over: () => upTo(3), run: (n, { log }) => log.info({ n }, 'mine') })),
    )
    expect(lines.filter(({ msg }) => msg === 'mine')).toHaveLength(3)
  })
})

describe('what is inside an item', () => {
  const inner = pipeline('inner', (p) => {
    const a = p.step('a', { run: () => 1 })
    return p.step('b', { needs: { a }, run: () => 2 })
  })
  const over = (count: number) => () => Array.from<undefined>({ length: count })

  test('has lines when the item has', async () => {
    const { pipe, lines } = stage({ sample: { first: 2, every: 5 } })
    const keyed = { over: over(10), key: (_: undefined, n: number) => `k${n}`, concurrency: 3, run: inner }
    await pipe.run(pipeline('outer', (p) => p.map('m', keyed)))
    const of = (path: string) => lines.filter((line) => line['pipe.step.path'] === path).length
    const kept = [0, 1, 4, 9]
    for (const n of upTo(10)) {
      const expected = kept.includes(n) ? [2, 2, 1] : [0, 0, 0]
      expect([of(`m[k${n}]/a`), of(`m[k${n}]/b`), of(`m[k${n}]`)], `item ${n}`).toEqual(expected)
    }
  })

  test('has no lines when an item around it has none, and is not counted', async () => {
    const middle = pipeline('middle', (p) => p.map('n', { over: over(2), run: inner }))
    const { pipe, lines } = stage({ sample: { first: 1, every: Infinity } })
    await pipe.run(pipeline('outer', (p) => p.map('m', { over: over(2), run: middle })))
    const paths = new Set(lines.map((line) => line['pipe.step.path']).filter((path) => path !== undefined))
    expect([...paths].sort()).toEqual(['m', 'm[0]', 'm[0]/n', 'm[0]/n[0]', 'm[0]/n[0]/a', 'm[0]/n[0]/b'])
  })

  test('of a loop, the same: iterations are like items', async () => {
    const count = pipeline('count', { input: type<number>() }, (p) => p.step('add', { run: ({ input }) => input + 1 }))
    const { pipe, of } = stage({ sample: { first: 2, every: 10 } })
    await pipe.run(pipeline('p', (p) => p.loop('l', count, { input: () => 0, until: (n) => n === 20, max: 30 })))
    expect(of('step.start').map((line) => line['pipe.step.path'])).toEqual([
      'l',
      'l[0]/add',
      'l[1]/add',
      'l[9]/add',
      'l[19]/add',
    ])
    expect(of('step.succeeded').at(-1)).not.toHaveProperty(['pipe.map.item_count'])
  })
})

test('a key with brackets and slashes is one key', async () => {
  const { pipe, of } = stage({ sample: { first: 1, every: Infinity } })
  const keys = ['a]/b[', 'c[0]']
  await pipe.run(pipeline('p', (p) => p.map('m', { over: () => keys, key: (key) => key, run: (key) => key })))
  expect(of('item.succeeded')).toMatchObject([
    { 'pipe.item.key': 'a]/b[', 'pipe.step.path': 'm[a\\]/b[]', 'pipe.step.name': 'm' },
  ])
  expect(of('step.succeeded')[0]).toMatchObject({ 'pipe.map.item_count': 2, 'pipe.map.unlogged_count': 1 })
})

test('a decision holds as long as its item goes on, and not for ever', () => {
  const sampler = new Sampler({ first: 1, every: Infinity })
  expect([sampler.keeps('l[0]/a'), sampler.keeps('l[1]/a'), sampler.keeps('l[0]/b')]).toEqual([true, false, true])
  for (const n of upTo(10_000)) sampler.keeps(`l[${n + 2}]/a`)
  expect(sampler.keeps('l[0]/a')).toBe(false)

  const another = new Sampler({ first: 1, every: Infinity })
  expect(another.keeps('m[x]/a')).toBe(true)
  another.settled('m', 'm[x]', 'succeeded')
  expect(another.keeps('m[x]/a')).toBe(false)
})
