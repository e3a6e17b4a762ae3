import { type Pipeline, pipeline, run, start, type } from '@pipe/core'
import { describe, expect, test } from 'vitest'
import { rejectionOf } from './support/errors.ts'
import { turn } from './support/fake-clock.ts'

type Source = Iterable<number> | AsyncIterable<number>
const square = (concurrency?: number) =>
  pipeline('p', { input: type<() => Source>() }, (p) =>
    p.map('a', {
      over: ({ input }) => input(),
      run: (n) => n * n,
      ...(concurrency !== undefined && { concurrency }),
    }),
  )

async function* later(...values: readonly number[]) {
  for (const value of values) {
    await turn()
    yield value
  }
}

describe('a map reads', () => {
  const sources: Record<string, () => Source> = {
    'an array': () => [1, 2, 3],
    'a set': () => new Set([1, 2, 3]),
    'the values of a map': () =>
      new Map([
        ['a', 1],
        ['b', 2],
        ['c', 3],
      ] as const).values(),
    'a generator': function* () {
      yield* [1, 2, 3]
    },
    'an async generator': () => later(1, 2, 3),
    'a readable stream': () =>
      new ReadableStream<number>({
        start: (controller) => {
          for (const n of [1, 2, 3]) controller.enqueue(n)
          controller.close()
        },
      }),
    'an iterable that is written by hand': () => ({
      [Symbol.iterator]: () => {
        let n = 0
        return { next: () => ({ done: n === 3, value: ++n }) }
      },
    }),
  }
  test.each(Object.entries(sources))('%s', async (_, source) => {
    expect(await run(square(), source)).toEqual([1, 4, 9])
    expect(await run(square(1), source)).toEqual([1, 4, 9])
  })

  test.each([
    ['a number', 1],
    ['an object', {}],
    ['null', null],
    ['undefined', undefined],
  ])('nothing else: %s is refused', async (_, source) => {
    const { cause } = await rejectionOf(run(square() as Pipeline<unknown, unknown>, () => source))
    expect(cause).toMatchObject({ code: 'OUTPUT_INVALID', step: 'a', pipeline: 'p' })
    expect(cause).toHaveProperty('message', expect.stringContaining('must return an iterable or an async iterable'))
  })
})

describe('a map with a concurrency', () => {
  test.each([1, 3, 10])('of %d runs that many items at a time, and no more', async (concurrency) => {
    let running = 0
    let most = 0
    const defined = pipeline('p', (p) =>
      p.map('a', {
        concurrency,
        over: () => Array.from({ length: 20 }, (_, i) => i),
        run: async () => {
          most = Math.max(most, ++running)
          await turn()
          running--
        },
      }),
    )
    await run(defined)
    expect(most).toBe(concurrency)
  })

  test('starts its items in order, the next one when one has ended', async () => {
    const log: string[] = []
    const ends: (() => void)[] = []
    const defined = pipeline('p', (p) =>
      p.map('a', {
        concurrency: 2,
        over: () => [0, 1, 2, 3],
        run: (n) => {
          log.push(`start ${n}`)
          return new Promise<void>((resolve) => (ends[n] = resolve))
        },
      }),
    )
    const done = run(defined)
    expect(log).toEqual(['start 0', 'start 1'])
    ends[1]?.()
    await turn()
    expect(log).toEqual(['start 0', 'start 1', 'start 2'])
    ends[0]?.()
    ends[2]?.()
    await turn()
    ends[3]?.()
    await done
  })

  test('reads an iterable only as fast as its items are finished', async () => {
    const read: number[] = []
    const ends: (() => void)[] = []
    const endless = async function* () {
      for (let n = 0; ; n++) {
        read.push(n)
        yield n
      }
    }
    const defined = pipeline('p', (p) =>
      p.map('a', { concurrency: 2, over: endless, run: (n) => new Promise<void>((resolve) => (ends[n] = resolve)) }),
    )
    const started = start(defined)
    await turn()
    expect(read).toEqual([0, 1])
    ends[0]?.()
    await turn()
    expect(read).toEqual([0, 1, 2])
    started.cancel()
    ends.forEach((end) => end())
    expect(await started.result).toMatchObject({ status: 'cancelled' })
  })

  test('does not call next while an earlier next has not answered', async () => {
    let calls = 0
    let most = 0
    const source = {
      [Symbol.asyncIterator]: () => {
        let n = 0
        return {
          next: async () => {
            most = Math.max(most, ++calls)
            await turn()
            calls--
            return { done: n === 5, value: n++ }
          },
        }
      },
    }
    expect(await run(square(3), () => source)).toEqual([0, 1, 4, 9, 16])
    expect(most).toBe(1)
  })
})
