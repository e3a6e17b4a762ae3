import { pipeline, run, start, type } from '@pipe/core'
import { describe, expect, test, vi } from 'vitest'
import { rejectionOf } from './support/errors.ts'
import { turn } from './support/fake-clock.ts'

type Source = Iterable<number> | AsyncIterable<number>
const squares = pipeline('p', { input: type<() => Source>() }, (p) =>
  p.map('a', { concurrency: 1, over: ({ input }) => input(), run: (n) => n * n }),
)

describe('the iterator of a map', () => {
  const watched = (values: Iterable<number>) => {
    const iterator = values[Symbol.iterator]()
    const close = vi.fn(() => ({ done: true as const, value: undefined }))
    return { close, source: () => ({ [Symbol.iterator]: () => ({ next: () => iterator.next(), return: close }) }) }
  }
  const failing = pipeline('p', { input: type<() => Source>() }, (p) =>
    p.map('a', {
      concurrency: 1,
      over: ({ input }) => input(),
      run: (n) => {
        if (n === 2) throw new Error('boom')
      },
    }),
  )

  test('is closed when the map stops before its end', async () => {
    const { close, source } = watched([1, 2, 3])
    await rejectionOf(run(failing, source))
    expect(close).toHaveBeenCalledTimes(1)
  })

  test('is not closed when it was read to its end', async () => {
    const { close, source } = watched([1, 3])
    await run(failing, source)
    expect(close).not.toHaveBeenCalled()
  })

  test('is closed when the run is cancelled', async () => {
    const finished = vi.fn()
    async function* endless() {
      try {
        for (let n = 3; ; n++) {
          await turn()
          yield n
        }
      } finally {
        finished()
      }
    }
    const started = start(failing, endless)
    await turn()
    started.cancel()
    await started.result
    await turn()
    expect(finished).toHaveBeenCalledTimes(1)
  })

  const boom = new Error('boom')
  const broken: Record<string, () => Source> = {
    'that throws at once': () => {
      throw boom
    },
    'that throws later': function* () {
      yield 1
      throw boom
    },
    'that rejects': async function* () {
      yield 1
      throw boom
    },
    'that cannot be made': () => ({
      [Symbol.iterator]: () => {
        throw boom
      },
    }),
  }
  test.each(Object.entries(broken))('%s fails the map', async (_, source) => {
    const error = await rejectionOf(run(squares, source))
    expect(error).toMatchObject({ code: 'STEP_FAILED', step: 'a' })
    expect(error.cause).toBe(boom)
  })

  const twoThen = (last: () => unknown) => () => {
    let n = 0
    return { next: () => (++n < 3 ? { done: false, value: n } : last()) }
  }
  const lawless: Record<string, () => unknown> = {
    'that answers nothing': twoThen(() => undefined),
    'that resolves with nothing': twoThen(async () => undefined),
    'that resolves with something unreadable': twoThen(async () => ({
      get done() {
        throw boom
      },
    })),
    'that answers with a thenable that throws': twoThen(() => ({
      then: () => {
        throw boom
      },
    })),
  }
  test.each(Object.entries(lawless))('%s fails the map', async (_, iterator) => {
    for (const kind of [Symbol.iterator, Symbol.asyncIterator]) {
      const source = () => ({ [kind]: iterator }) as unknown as Source
      expect(await rejectionOf(run(squares, source))).toMatchObject({ code: 'STEP_FAILED', step: 'a' })
    }
  })

  test('that calls back twice gives each item once', async () => {
    let n = 0
    const next = () => {
      const result = ++n < 3 ? { done: false, value: n } : { done: true, value: undefined }
      return {
        then: (resolve: (value: unknown) => void) => {
          resolve(result)
          resolve(result)
        },
      }
    }
    const source = () => ({ [Symbol.asyncIterator]: () => ({ next }) }) as unknown as Source
    expect(await run(squares, source)).toEqual([1, 4])
  })

  test('that breaks stops the items that are running', async () => {
    const aborted = vi.fn()
    const defined = pipeline('p', (p) =>
      p.map('a', {
        over: async function* () {
          yield 1
          throw boom
        },
        run: async (_, { signal }) => {
          await turn()
          if (signal.aborted) aborted(signal.reason)
        },
      }),
    )
    await rejectionOf(run(defined))
    expect(aborted).toHaveBeenCalledWith(expect.objectContaining({ code: 'CANCELLED' }))
  })
})
