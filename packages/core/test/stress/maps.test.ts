import { createPipe, pipeline, type, run, start } from '@pipe/core'
import { describe, expect, test } from 'vitest'
import { patiently } from './support/patiently.ts'

const SIZE = 100_000
const numbers = Array.from({ length: SIZE }, (_, i) => i)
const doubled = numbers.map((n) => 2 * n)

const atOnce = (n: number): number => 2 * n
const later = async (n: number): Promise<number> => {
  await Promise.resolve()
  return 2 * n
}

function* iterable(): Generator<number> {
  yield* numbers
}

async function* asyncIterable(): AsyncGenerator<number> {
  yield* numbers
}

type Items = Iterable<number> | AsyncIterable<number>

const mapOver = (over: () => Items, work: (n: number) => number | Promise<number>, concurrency: number) =>
  pipeline('large map', (p) => p.map('items', { over, run: (n) => work(n), concurrency }))

describe.each([
  ['an array', () => numbers],
  ['an iterable', iterable],
  ['an async iterable', asyncIterable],
] as const)('100,000 items of %s', patiently, (_, over) => {
  test.each([1, 10, Infinity])('are mapped in order, %d at a time', async (concurrency) => {
    for (const work of [atOnce, later]) {
      expect(await run(mapOver(over, work, concurrency))).toEqual(doubled)
      expect(await run(mapOver(over, work, concurrency), undefined, { concurrency: 5 })).toEqual(doubled)
    }
  })

  test('are counted, and the first 1,000 are recorded', async () => {
    const { output, steps } = await start(mapOver(over, later, 50)).result
    expect(output).toEqual(doubled)
    expect(steps['items']?.items).toEqual({ total: SIZE, succeeded: SIZE, failed: 0, cancelled: 0 })
    expect(Object.keys(steps)).toHaveLength(1_001)
  })

  test('are read only as fast as they are finished', async () => {
    let read = 0
    let finished = 0
    let ahead = 0
    const counted = async function* (): AsyncGenerator<number> {
      for await (const n of over()) {
        ahead = Math.max(ahead, ++read - finished)
        yield n
      }
    }
    const work = async (n: number) => {
      // Slower than any source.
      for (let i = 0; i < 40; i++) await Promise.resolve()
      finished++
      return 2 * n
    }
    expect(await run(mapOver(counted, work, 8))).toEqual(doubled)
    expect(ahead).toBe(8)
  })
})

/** Errors and signals cost more than items. */
const FEWER = 20_000
const fewer = numbers.slice(0, FEWER)

describe('many items', patiently, () => {
  test('that fail are left out when they are optional', async () => {
    const failing = pipeline('failing', (p) =>
      p.map('items', {
        over: () => fewer,
        run: async (n) => {
          if (n % 2 === 0) throw new Error(`item ${n}`)
          return n
        },
        optionalItems: true,
        concurrency: 100,
      }),
    )
    const { output, steps } = await start(failing).result
    expect(output?.filter((n) => n !== undefined)).toHaveLength(FEWER / 2)
    expect(steps['items']?.items).toEqual({ total: FEWER, succeeded: FEWER / 2, failed: FEWER / 2, cancelled: 0 })
  })

  test('are undone in reverse when a later step fails', async () => {
    const undone: number[] = []
    const failing = pipeline('failing', (p) => {
      const items = p.map('items', { over: () => numbers, run: atOnce, undo: (n) => void undone.push(n) })
      return p.step('fail', {
        needs: { items },
        run: () => {
          throw new Error('boom')
        },
      })
    })
    expect((await start(failing).result).status).toBe('failed')
    expect(undone).toEqual(doubled.toReversed())
  })

  test('are given up when the run is cancelled', async () => {
    const endless = pipeline('endless', (p) =>
      p.map('items', {
        over: () => fewer,
        run: (_, { signal }) =>
          new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('told')))),
      }),
    )
    const active = start(endless)
    await Promise.resolve()
    active.cancel()
    const { status, steps } = await active.result
    expect(status).toBe('cancelled')
    expect(steps['items']?.items).toEqual({ total: FEWER, succeeded: 0, failed: 0, cancelled: FEWER })
  })

  test('are tried again each', async () => {
    const retrying = { name: 'retrying', policy: () => () => ({ retryAt: 0 }) }
    const calls = new Uint8Array(SIZE)
    const failingOnce = pipeline('failing once', (p) =>
      p.map('items', {
        over: () => numbers,
        run: (n) => {
          if (calls[n]!++ === 0) throw new Error('not yet')
          return 2 * n
        },
      }),
    )
    const clock = {
      now: () => 0,
      monotonic: () => 0,
      setTimeout: (callback: () => void) => queueMicrotask(callback),
      clearTimeout: () => undefined,
    }
    expect(await createPipe({ plugins: [retrying], clock }).run(failingOnce)).toEqual(doubled)
    expect(calls.every((count) => count === 2)).toBe(true)
  })

  test('are each run by a pipeline', async () => {
    const inner = pipeline('inner', { input: type<number>() }, (p) => {
      const twice = p.step('twice', { run: ({ input }) => later(input) })
      return p.step('same', { needs: { twice }, run: (needs) => needs.twice })
    })
    const outer = pipeline('outer', (p) => p.map('items', { over: () => numbers, run: inner, concurrency: 100 }))
    expect(await run(outer)).toEqual(doubled)
  })
})
