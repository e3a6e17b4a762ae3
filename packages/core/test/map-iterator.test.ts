import { createPipe, pipeline, run, service, start, type } from '@pipe/core'
import { describe, expect, test, vi } from 'vitest'
import { rejectionOf } from './support/errors.ts'
import { FakeClock, turn } from './support/fake-clock.ts'

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

  /** A source that tells when it has cleaned up after itself, which takes a while. */
  async function* cursor(log: string[], wait: () => Promise<unknown>) {
    try {
      for (let n = 1; ; n++) {
        await wait()
        yield n
      }
    } finally {
      await turn()
      log.push('closed')
    }
  }

  test.each(['cancelled', 'failed'] as const)('is closed before a run that is %s ends', async (how) => {
    const log: string[] = []
    const defined = pipeline('p', (p) =>
      p.map('a', {
        concurrency: 1,
        over: () => cursor(log, turn),
        run: (n) => (how === 'failed' && n === 2 ? Promise.reject(boom) : turn()),
      }),
    )
    const started = start(defined)
    if (how === 'cancelled') started.events.once('map:item', () => started.cancel())
    expect((await started.result).status).toBe(how)
    expect(log).toEqual(['closed'])
  })

  test('learns from the signal of the map that its next item is not wanted any more', async () => {
    const log: string[] = []
    const defined = pipeline('p', (p) =>
      p.map('a', {
        over: (_, { signal }) => {
          const aborted = new Promise((_, reject) => signal.addEventListener('abort', () => reject(boom)))
          return cursor(log, () => aborted)
        },
        run: (n) => n,
      }),
    )
    const started = start(defined)
    await turn()
    started.cancel()
    expect((await started.result).status).toBe('cancelled')
    expect(log).toEqual(['closed'])
  })

  test('that never answers is waited for as a function is: until the grace is over', async () => {
    const defined = pipeline('p', (p) =>
      p.map('a', { over: () => cursor([], () => new Promise(() => undefined)), run: (n) => n }),
    )
    const clock = new FakeClock()
    const started = createPipe({ clock }).start(defined, undefined, { grace: '1s' })
    await turn()
    started.cancel()
    await clock.advance(999)
    expect(started.status).toBe('running')
    await clock.advance(1)
    expect((await started.result).steps['a']).toMatchObject({ status: 'cancelled' })
  })

  test('may use the services of the map', async () => {
    const Db = service<{ rows(of: string): Iterable<number> }>()('db')
    const defined = pipeline('p', { input: type<string>() }, (p) =>
      p.map('a', { uses: { db: Db }, over: ({ input }, { use }) => use.db.rows(input), run: (n) => n + 1 }),
    )
    const db = { rows: (of: string) => (of === 'orders' ? [1, 2] : []) }
    expect(await run(defined, 'orders', { services: { db } })).toEqual([2, 3])
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
