import { defineStep, pipeline, run, service, start, type } from '@pipe/core'
import { describe, expect, test, vi } from 'vitest'
import { rejectionOf } from './support/errors.ts'

/** A fallback over functions that say whether they fail. */
const rates = (...outcomes: readonly ('ok' | 'fail')[]) => {
  const tried: string[] = []
  const alternatives = Object.fromEntries(
    outcomes.map((outcome, i) => [
      `source${i}`,
      async () => {
        tried.push(`source${i}`)
        if (outcome === 'fail') throw new Error(`source${i} is down`)
        return `rate of source${i}`
      },
    ]),
  )
  return { tried, defined: pipeline('p', (p) => p.fallback('rate', { alternatives })) }
}

describe('a fallback', () => {
  test('answers with the first alternative when that succeeds, and tries no other', async () => {
    const { tried, defined } = rates('ok', 'ok')
    expect(await run(defined)).toBe('rate of source0')
    expect(tried).toEqual(['source0'])
  })

  test('tries its alternatives in order, one after another, until one succeeds', async () => {
    const { tried, defined } = rates('fail', 'fail', 'ok', 'ok')
    expect(await run(defined)).toBe('rate of source2')
    expect(tried).toEqual(['source0', 'source1', 'source2'])
  })

  test('records every alternative as a step of its own', async () => {
    const { status, steps } = await start(rates('fail', 'ok', 'ok').defined).result
    expect(status).toBe('succeeded')
    expect(steps).toMatchObject({
      'rate/source0': { status: 'failed', error: { message: 'source0 is down' } },
      'rate/source1': { status: 'succeeded', output: 'rate of source1' },
      'rate/source2': { status: 'skipped', reason: 'not-needed', attempts: 0 },
      rate: { status: 'succeeded', output: 'rate of source1' },
    })
  })

  test('fails with FALLBACK_EXHAUSTED and the errors in order when all failed', async () => {
    const error = await rejectionOf(run(rates('fail', 'fail').defined))
    expect(error).toMatchObject({ code: 'STEP_FAILED', step: 'rate' })
    expect(error.cause).toMatchObject({ code: 'FALLBACK_EXHAUSTED', pipeline: 'p', step: 'rate' })
    const { cause } = error.cause as Error
    expect(cause).toBeInstanceOf(AggregateError)
    expect((cause as AggregateError).errors).toMatchObject([
      { message: 'source0 is down' },
      { message: 'source1 is down' },
    ])
  })

  test('gives every alternative what it needs, and services', async () => {
    const Fx = service<string>()('fx')
    const defined = pipeline('p', { input: type<number>() }, (p) => {
      const amount = p.step('amount', { run: ({ input }) => input })
      return p.fallback('rate', {
        needs: { amount },
        uses: { fx: Fx },
        alternatives: {
          a: () => Promise.reject<string>(new Error('down')),
          b: { run: async ({ amount }, { use, stepId }) => `${stepId} ${use.fx} ${amount}` },
        },
      })
    })
    expect(await run(defined, 7, { services: { fx: 'ecb' } })).toBe('rate/b ecb 7')
  })

  test('has alternatives that bring their services along', async () => {
    const Bank = service<(n: number) => string>()('bank')
    const undone: unknown[] = []
    const charge = defineStep({
      uses: { bank: Bank },
      run: ({ amount }: { amount: number }, { use }) => use.bank(amount),
      undo: (receipt, { use }) => undone.push([receipt, use.bank(0)]),
    })
    const defined = pipeline('p', { input: type<number>() }, (p, input) => {
      const paid = p.fallback('pay', { needs: { amount: input }, alternatives: { card: charge, cash: () => 'cash' } })
      return p.step('end', { needs: { paid }, run: ({ paid }) => Promise.reject<string>(new Error(paid)) })
    })
    const services = { bank: (n: number) => `charged ${n}` }
    expect((await rejectionOf(run(defined, 7, { services }))).cause).toHaveProperty('message', 'charged 7')
    expect(undone).toEqual([['charged 7', 'charged 0']])
    expect(await rejectionOf(run(defined, 7, {} as never))).toMatchObject({ code: 'SERVICE_MISSING', step: 'pay/card' })
  })

  test('asks its condition once: when that is false nothing is tried, and it is skipped', async () => {
    const when = vi.fn(() => false)
    const alternative = vi.fn(() => 1)
    const defined = pipeline('p', (p) => p.fallback('f', { when, alternatives: { a: alternative, b: alternative } }))
    const { output, steps } = await start(defined).result
    expect(output).toBeUndefined()
    expect(steps['f']).toMatchObject({ status: 'skipped' })
    expect(when).toHaveBeenCalledTimes(1)
    expect(alternative).not.toHaveBeenCalled()
  })

  test('goes on when its condition is true and the first alternative fails', async () => {
    const defined = pipeline('p', (p) =>
      p.fallback('f', {
        when: () => true,
        alternatives: { a: () => Promise.reject<string>(new Error('no')), b: async () => 'b' },
      }),
    )
    expect(await run(defined)).toBe('b')
  })

  test('that is optional leaves undefined when all failed', async () => {
    const defined = pipeline('p', (p) =>
      p.fallback('f', { optional: true, alternatives: { a: () => Promise.reject<string>(new Error('no')) } }),
    )
    expect(await run(defined)).toBeUndefined()
  })

  test('is skipped when a step before it failed', async () => {
    const alternative = vi.fn(() => 1)
    const defined = pipeline('p', (p) => {
      const bad = p.step('bad', { run: () => Promise.reject<string>(new Error('boom')) })
      return p.fallback('f', { needs: { bad }, alternatives: { a: alternative, b: alternative } })
    })
    const { steps } = await start(defined, undefined, { failure: 'continue' }).result
    for (const path of ['f', 'f/a', 'f/b']) {
      expect(steps[path]).toMatchObject({ status: 'skipped', reason: 'upstream-failed' })
    }
    expect(alternative).not.toHaveBeenCalled()
  })
})
