import { createPipe, pipeline, type Pipeline, plan, run, start, type } from '@pipe/core'
import { describe, expect, test } from 'vitest'
import { countListeners } from '../property/support/count-listeners.ts'
import { rejectionOf, thrownBy } from '../support/errors.ts'
import { patiently } from './support/patiently.ts'

const DEPTH = 200

type Count = Pipeline<number, number>

/** Pipelines in pipelines: each adds 1 before and 1 after the inner one, the innermost does `work`. */
function nested(work: (input: number) => number | Promise<number>, depth = DEPTH): Count {
  let inner: Count = pipeline('innermost', { input: type<number>() }, (p) =>
    p.step('work', { run: ({ input }) => work(input) }),
  )
  for (let i = 0; i < depth; i++) {
    const body = inner
    inner = pipeline(`level ${i}`, { input: type<number>() }, (p) => {
      const before = p.step('before', { run: ({ input }) => input + 1, undo: () => undefined })
      const within = p.call('within', body, { needs: { before }, input: (needs) => needs.before })
      return p.step('after', { needs: { within }, run: (needs) => needs.within + 1 })
    })
  }
  return inner
}

describe('200 pipelines inside one another', patiently, () => {
  test.each([
    ['at once', (input: number) => input],
    ['later', async (input: number) => input],
  ])('return the right output when the innermost answers %s, with and without a limit', async (_, work) => {
    const outermost = nested(work)
    expect(await run(outermost, 0)).toBe(2 * DEPTH)
    expect(await run(outermost, 0, { concurrency: 1 })).toBe(2 * DEPTH)
    const { output, steps } = await start(outermost, 0).result
    expect(output).toBe(2 * DEPTH)
    expect(Object.keys(steps)).toHaveLength(3 * DEPTH + 1)
  })

  test('are the most: one more is refused when it is defined', () => {
    expect(thrownBy(() => nested((input) => input, DEPTH + 1))).toMatchObject({ code: 'DEFINITION_INVALID' })
  })

  test('are planned', () => {
    let depth = 0
    for (
      let inner = plan(nested((input) => input)).nodes[1]?.inner;
      inner !== undefined;
      inner = inner.nodes[1]?.inner
    ) {
      depth++
    }
    expect(depth).toBe(DEPTH)
  })

  test('fail with what the innermost threw, and undo all that was done', async () => {
    const boom = new Error('boom')
    const outermost = nested(() => {
      throw boom
    })
    const error = await rejectionOf(run(outermost, 0))
    expect(error.cause).toBe(boom)
    expect(error.step).toBe(`${'within/'.repeat(DEPTH)}work`)
    const undone = Object.values(error.result?.steps ?? {}).filter(({ undo }) => undo === 'done')
    expect(undone).toHaveLength(DEPTH)
  })

  test('are cancelled, down to the innermost', async () => {
    let reason: unknown
    const outermost = pipeline('outermost', (p) => {
      let wake: (() => void) | undefined
      const inner = nested(async (input) => {
        await new Promise<void>((resolve) => (wake = resolve))
        return input
      }, DEPTH - 1)
      const within = p.call('within', inner, { input: () => 0 })
      const beside = p.step('beside', {
        run: async (_, { signal }) => {
          await new Promise((resolve) => signal.addEventListener('abort', resolve))
          reason = signal.reason
          wake?.()
        },
      })
      return { within, beside }
    })
    const active = start(outermost)
    for (let i = 0; i < 20 * DEPTH; i++) await Promise.resolve()
    active.cancel('enough')
    const { status, steps } = await active.result
    expect(status).toBe('cancelled')
    expect(reason).toHaveProperty('code', 'CANCELLED')
    expect(steps[`${'within/'.repeat(DEPTH)}within`]?.status ?? steps['within']?.status).toBe('cancelled')
  })
})

describe('runs inside steps of runs', patiently, () => {
  const nestedRun = (depth: number): Pipeline<void, number> =>
    pipeline('runs another', (p) =>
      p.step('run', { run: async () => (depth === 0 ? 0 : 1 + (await run(nestedRun(depth - 1)))) }),
    )

  test('return what is right, 200 deep', async () => {
    expect(await run(nestedRun(DEPTH))).toBe(DEPTH)
  })

  test('of the same pipe return what is right', async () => {
    const pipe = createPipe()
    const twice: Pipeline<number, number> = pipeline('twice', { input: type<number>() }, (p) =>
      p.step('again', { run: async ({ input }) => (input === 0 ? 0 : 2 + (await pipe.run(twice, input - 1))) }),
    )
    expect(await pipe.run(twice, DEPTH)).toBe(2 * DEPTH)
    await pipe.close()
  })
})

describe('a loop', patiently, () => {
  const increment = pipeline('increment', { input: type<number>() }, (p) =>
    p.step('add', { run: ({ input }) => input + 1 }),
  )
  const counting = pipeline('counting', (p) =>
    p.loop('count', increment, { input: () => 0, until: (state) => state === 20_000, max: 20_000 }),
  )

  test('turns 20,000 times, recorded or not', async () => {
    expect(await run(counting)).toBe(20_000)
    const { output, steps } = await start(counting).result
    expect(output).toBe(20_000)
    // The loop, its first 1,000 iterations, and the last one.
    expect(Object.keys(steps)).toHaveLength(1_002)
    expect(Object.keys(steps).at(-1)).toMatch(/^count\[19999\]/)
  })
})

describe('10,000 runs at once', patiently, () => {
  const double = pipeline('double', { input: type<number>() }, (p) => {
    const later = p.step('later', {
      run: async ({ input }) => {
        await Promise.resolve()
        return input
      },
    })
    const items = p.map('items', { needs: { later }, over: ({ later: n }) => [n, n], run: async (n) => n })
    return p.step('sum', { needs: { items }, run: (needs) => needs.items[0]! + needs.items[1]! })
  })
  const expected = Array.from({ length: 10_000 }, (_, i) => 2 * i)

  test('return each its own output', async () => {
    expect(await Promise.all(expected.map((_, i) => run(double, i)))).toEqual(expected)
  })

  test('of one pipe, started, limited and observed, return each its own output and have each their own id', async () => {
    const pipe = createPipe()
    let ended = 0
    pipe.events.on('run:end', () => ended++)
    const runs = expected.map((_, i) => pipe.start(double, i, { concurrency: 1 + (i % 3) }))
    const results = await Promise.all(runs.map(({ result }) => result))
    expect(results.map(({ output }) => output)).toEqual(expected)
    expect(new Set(results.map(({ runId }) => runId)).size).toBe(10_000)
    expect(ended).toBe(10_000)
    await pipe.close()
  })

  test('are all cancelled by one signal, which no listener stays on', async () => {
    const controller = new AbortController()
    const { signal } = controller
    const listeners = countListeners(signal)
    const runs = expected.map((_, i) => start(double, i, { signal }))
    await Promise.resolve()
    expect(listeners.count).toBe(10_000)
    controller.abort()
    const results = await Promise.all(runs.map(({ result }) => result))
    expect(new Set(results.map(({ status }) => status))).toEqual(new Set(['cancelled']))
    expect(listeners.count).toBe(0)
  })
})
