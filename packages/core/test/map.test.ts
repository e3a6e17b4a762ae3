import { pipeline, run, start, type } from '@pipe/core'
import { describe, expect, test, vi } from 'vitest'
import { rejectionOf } from './support/errors.ts'
import { turn } from './support/fake-clock.ts'

const numbers = type<readonly number[]>()

describe('a map', () => {
  test('answers with the outputs in the order of the items, whichever ends first', async () => {
    const ends: number[] = []
    const release: (() => void)[] = []
    const defined = pipeline('p', { input: numbers }, (p) =>
      p.map('a', {
        over: ({ input }) => input,
        run: (n) =>
          new Promise<number>((resolve) => {
            release[n] = () => {
              ends.push(n)
              resolve(n * 10)
            }
          }),
      }),
    )
    const output = run(defined, [0, 1, 2])
    for (const n of [2, 0, 1]) release[n]?.()
    expect(await output).toEqual([0, 10, 20])
    expect(ends).toEqual([2, 0, 1])
  })

  test('of nothing is an empty array', async () => {
    const work = vi.fn()
    const defined = pipeline('p', { input: numbers }, (p) =>
      p.map('a', { over: ({ input }) => input, run: () => void work() }),
    )
    expect(await run(defined, [])).toEqual([])
    expect(work).not.toHaveBeenCalled()
  })

  test('gives each item what the map reads, its key, its path and services', async () => {
    const defined = pipeline('p', { input: numbers }, (p, input) => {
      const factor = p.step('factor', { run: () => 10 })
      return p.map('a', {
        needs: { factor, input },
        over: ({ input }) => input,
        run: (n, { needs, key, stepId }) => `${stepId} ${key} ${n * needs.factor}`,
      })
    })
    expect(await run(defined, [7, 8])).toEqual(['a[0] 0 70', 'a[1] 1 80'])
  })

  test('names its items by their keys', async () => {
    const defined = pipeline('p', { input: type<readonly { id: number }[]>() }, (p) =>
      p.map('orders', {
        over: ({ input }) => input,
        key: ({ id }, index) => `${id}@${index}`,
        run: (_, { key, stepId, idempotencyKey, runId }) => [key, stepId, idempotencyKey.replace(runId, '')],
      }),
    )
    const { output, steps } = await start(defined, [{ id: 42 }]).result
    expect(output).toEqual([['42@0', 'orders[42@0]', ':orders[42@0]']])
    expect(steps['orders[42@0]']).toMatchObject({ status: 'succeeded', attempts: 1 })
  })

  test('fails when two items have the same key, and says which', async () => {
    const defined = pipeline('p', { input: numbers }, (p) =>
      p.map('a', { over: ({ input }) => input, key: (n) => `${n % 2}`, run: (n) => n }),
    )
    const { cause } = await rejectionOf(run(defined, [1, 2, 3]))
    expect(cause).toMatchObject({ code: 'ITEM_KEY_DUPLICATE', step: 'a', pipeline: 'p' })
    expect(cause).toHaveProperty('message', expect.stringMatching(/"a" .* key "1" .*item 2/))
  })

  test('fails when the key cannot be made', async () => {
    const boom = new Error('boom')
    const defined = pipeline('p', { input: numbers }, (p) =>
      p.map('a', {
        over: ({ input }) => input,
        key: () => {
          throw boom
        },
        run: (n) => n,
      }),
    )
    expect(await rejectionOf(run(defined, [1]))).toMatchObject({ code: 'STEP_FAILED', step: 'a', cause: boom })
  })

  test('is skipped as a whole when its condition is false', async () => {
    const over = vi.fn(() => [1])
    const defined = pipeline('p', (p) => p.map('a', { when: () => false, over, run: (n) => n }))
    expect(await run(defined)).toBeUndefined()
    expect(over).not.toHaveBeenCalled()
  })

  test('hands its whole array on to its dependants', async () => {
    const defined = pipeline('p', { input: numbers }, (p) => {
      const doubled = p.map('doubled', { over: ({ input }) => input, run: (n) => n * 2 })
      return p.step('sum', { needs: { doubled }, run: ({ doubled }) => doubled.reduce((a, b) => a + b, 0) })
    })
    expect(await run(defined, [1, 2, 3])).toBe(12)
  })
})

describe('the items of a map that fail', () => {
  const odd = (options: { readonly optionalItems?: boolean; readonly optional?: boolean } = {}) =>
    pipeline('p', { input: numbers }, (p) =>
      p.map('a', {
        ...options,
        over: ({ input }) => input,
        run: (n) => {
          if (n % 2 === 0) throw new Error(`even: ${n}`)
          return n
        },
      }),
    )

  test('fail the map with their own error, and name the item', async () => {
    const error = await rejectionOf(run(odd(), [1, 2, 3]))
    expect(error).toMatchObject({ code: 'STEP_FAILED', step: 'a[1]', cause: { message: 'even: 2' } })
  })

  test('stop the items that have not started', async () => {
    const { steps } = await start(odd(), [1, 2, 3]).result
    expect(steps['a']).toMatchObject({ status: 'failed', items: { total: 2, succeeded: 1, failed: 1, cancelled: 0 } })
  })

  test('let the others finish when the run continues on failure', async () => {
    const { steps } = await start(odd(), [1, 2, 3, 4], { failure: 'continue' }).result
    expect(steps['a']).toMatchObject({ status: 'failed', items: { total: 4, succeeded: 2, failed: 2, cancelled: 0 } })
    expect(steps['a[3]']).toMatchObject({ status: 'failed', error: { message: 'even: 4' } })
  })

  test('leave undefined in their place when items are optional', async () => {
    expect(await run(odd({ optionalItems: true }), [1, 2, 3])).toEqual([1, undefined, 3])
  })

  test('are recorded although the map succeeds', async () => {
    const { status, steps } = await start(odd({ optionalItems: true }), [1, 2]).result
    expect(status).toBe('succeeded')
    expect(steps['a']).toMatchObject({ status: 'succeeded', items: { total: 2, succeeded: 1, failed: 1 } })
    expect(steps['a[1]']).toMatchObject({ status: 'failed', error: { message: 'even: 2' } })
  })

  test('make an optional map undefined', async () => {
    expect(await run(odd({ optional: true }), [2])).toBeUndefined()
  })

  test('abort the signal of the items that are running', async () => {
    const reasons: unknown[] = []
    const defined = pipeline('p', { input: numbers }, (p) =>
      p.map('a', {
        over: ({ input }) => input,
        run: async (n, { signal }) => {
          signal.addEventListener('abort', () => reasons.push(n, signal.reason), { once: true })
          await turn()
          if (n === 0) throw new Error('boom')
          await turn()
        },
      }),
    )
    await rejectionOf(run(defined, [0, 1]))
    expect(reasons).toMatchObject([1, { code: 'CANCELLED', message: expect.stringContaining('a[0]') as string }])
  })
})

describe('a map over a pipeline', () => {
  const double = pipeline('double', { input: type<number>() }, (p) =>
    p.step('twice', { run: ({ input }, { stepId, key, pipeline }) => ({ n: input * 2, stepId, key, pipeline }) }),
  )
  const defined = pipeline('p', { input: numbers }, (p) =>
    p.map('a', { over: ({ input }) => input, key: (n) => `n${n}`, run: double, concurrency: 1 }),
  )

  test('runs it for each item', async () => {
    expect(await run(defined, [1, 2])).toMatchObject([{ n: 2 }, { n: 4 }])
  })

  test('names the steps inside after the item', async () => {
    const [first] = await run(defined, [1])
    expect(first).toMatchObject({ stepId: 'a[n1]/twice', key: undefined, pipeline: 'double' })
  })

  test('records the steps inside, in order', async () => {
    const { steps } = await start(defined, [1, 2]).result
    expect(Object.keys(steps)).toEqual(['a', 'a[n1]', 'a[n1]/twice', 'a[n2]', 'a[n2]/twice'])
  })

  test('names the leaf that failed', async () => {
    const failing = pipeline('failing', { input: type<number>() }, (p) =>
      p.step('leaf', {
        run: () => {
          throw new Error('boom')
        },
      }),
    )
    const outer = pipeline('p', (p) => p.map('a', { over: () => [1], run: failing }))
    expect(await rejectionOf(run(outer))).toMatchObject({ code: 'STEP_FAILED', step: 'a[0]/leaf' })
  })
})

test('a map keeps records of its first 1,000 items, and of the others those that did not succeed', async () => {
  const defined = pipeline('p', (p) =>
    p.map('a', {
      over: () => Array.from({ length: 1_500 }, (_, i) => i),
      optionalItems: true,
      run: (n) => {
        if (n === 1_200) throw new Error('boom')
      },
    }),
  )
  const { steps } = await start(defined).result
  expect(steps['a']?.items).toEqual({ total: 1_500, succeeded: 1_499, failed: 1, cancelled: 0 })
  expect(Object.keys(steps)).toHaveLength(1 + 1_000 + 1)
  expect(steps['a[1200]']).toMatchObject({ status: 'failed' })
})

test('items have different paths whatever their keys are', async () => {
  const inner = pipeline('inner', { input: type<string>() }, (p) =>
    p.map('m', { over: () => ['b'], key: (item) => item, run: (item) => item }),
  )
  const keys = ['a', 'a]/m[b', 'a\\]/m[b']
  const defined = pipeline('p', (p) => p.map('orders', { over: () => keys, key: (item) => item, run: inner }))
  const { steps } = await start(defined).result
  expect(Object.keys(steps)).toHaveLength(1 + 3 * 3)
  expect(Object.keys(steps)).toContain(String.raw`orders[a\]/m[b]`)
})
