import { pipeline, run, start, type } from '@pipe/core'
import { describe, expect, test, vi } from 'vitest'
import { rejectionOf } from './support/errors.ts'

const double = pipeline('double', { input: type<number>() }, (p) =>
  p.step('twice', { run: async ({ input }) => input * 2 }),
)

const upTo = (
  limit: number,
  max: number,
  until = vi.fn<(n: number, iterations: number) => boolean>((n) => n >= limit),
) => {
  const defined = pipeline('p', { input: type<number>() }, (p) =>
    p.loop('grow', double, { input: ({ input }) => input, until: (n, iterations) => until(n, iterations), max }),
  )
  return { defined, until }
}

describe('a loop', () => {
  test('makes each output the next input, until it is good enough', async () => {
    expect(await run(upTo(100, 10).defined, 3)).toBe(192)
  })

  test('runs at least once, and asks after each iteration with the number so far', async () => {
    const { defined, until } = upTo(0, 10)
    expect(await run(defined, 3)).toBe(6)
    expect(until.mock.calls).toEqual([[6, 1]])
    const more = upTo(20, 10)
    await run(more.defined, 3)
    expect(more.until.mock.calls).toEqual([
      [6, 1],
      [12, 2],
      [24, 3],
    ])
  })

  test('may start with the output of a handle', async () => {
    const defined = pipeline('p', (p) => {
      const three = p.step('three', { run: () => 3 })
      return p.loop('grow', double, { input: three, until: (n) => n > 20, max: 9 })
    })
    expect(await run(defined)).toBe(24)
  })

  test('may end with its last iteration', async () => {
    expect(await run(upTo(24, 3).defined, 3)).toBe(24)
  })

  test('fails with LOOP_LIMIT when it is not done then', async () => {
    const error = await rejectionOf(run(upTo(25, 3).defined, 3))
    expect(error.cause).toMatchObject({ code: 'LOOP_LIMIT', pipeline: 'p', step: 'grow' })
    expect(error.message).toContain('"grow" ran 3 times')
  })

  test('names the steps of each iteration', async () => {
    const { steps } = await start(upTo(20, 3).defined, 3).result
    expect(Object.keys(steps)).toEqual(['grow', 'grow[0]/twice', 'grow[1]/twice', 'grow[2]/twice'])
    expect(steps['grow[2]/twice']).toMatchObject({ status: 'succeeded', output: 24 })
  })

  test('fails with the error of an iteration, and names it', async () => {
    const failing = pipeline('failing', { input: type<number>() }, (p) =>
      p.step('leaf', {
        run: ({ input }) => {
          if (input === 2) throw new Error('boom')
          return input + 1
        },
      }),
    )
    const defined = pipeline('p', (p) => p.loop('l', failing, { input: () => 0, until: () => false, max: 9 }))
    expect(await rejectionOf(run(defined))).toMatchObject({ code: 'STEP_FAILED', step: 'l[2]/leaf' })
  })

  test('fails when `until` throws', async () => {
    const boom = new Error('boom')
    const { defined } = upTo(
      0,
      1,
      vi.fn(() => {
        throw boom
      }),
    )
    expect(await rejectionOf(run(defined, 1))).toMatchObject({ code: 'STEP_FAILED', step: 'grow', cause: boom })
  })

  test('starts no other iteration when the run is cancelled', async () => {
    const iterations = vi.fn()
    const body = pipeline('body', { input: type<number>() }, (p) =>
      p.step('leaf', { run: async ({ input }) => (iterations(), input) }),
    )
    const defined = pipeline('p', (p) => p.loop('l', body, { input: () => 0, until: () => false, max: 1_000 }))
    const started = start(defined)
    started.events.once('step:end', () => started.cancel())
    expect(await started.result).toMatchObject({ status: 'cancelled', steps: { l: { status: 'cancelled' } } })
    expect(iterations).toHaveBeenCalledTimes(1)
  })
})
