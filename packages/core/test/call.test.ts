import { createPipe, type Handle, pipeline, plan, run, service, start, type } from '@pipe/core'
import { describe, expect, test, vi } from 'vitest'
import { rejectionOf, thrownBy } from './support/errors.ts'
import { numeric } from './support/schemas.ts'
import { define } from './support/untyped.ts'

const charge = pipeline('billing', { input: type<{ amount: number }>() }, (p) => {
  const fee = p.step('fee', { run: ({ input }) => input.amount / 10 })
  return p.step('charge', {
    needs: { fee },
    run: ({ fee }, { stepId, pipeline, idempotencyKey, runId }) => ({
      fee,
      stepId,
      pipeline,
      key: idempotencyKey.replace(runId, ''),
    }),
  })
})

describe('a pipeline called as a step', () => {
  const order = pipeline('order', { input: type<number>() }, (p, input) => {
    const total = p.step('total', { run: ({ input }) => input * 2 })
    return { bill: p.call('bill', charge, { needs: { total, input }, input: ({ total }) => ({ amount: total }) }) }
  })

  test('gets its input from what the step needs, and answers with its output', async () => {
    expect(await run(order, 50)).toMatchObject({ bill: { fee: 10 } })
  })

  test('has its steps named after the step', async () => {
    const { bill } = await run(order, 50)
    expect(bill).toMatchObject({ stepId: 'bill/charge', pipeline: 'billing', key: ':bill/charge' })
  })

  test('has its steps in the result, after the step', async () => {
    const { steps } = await start(order, 50).result
    expect(Object.keys(steps)).toEqual(['total', 'bill', 'bill/fee', 'bill/charge'])
    expect(steps['bill/fee']).toMatchObject({ status: 'succeeded', output: 10 })
  })

  test('may be called twice by one pipeline, and by pipelines that are called', async () => {
    const twice = pipeline('twice', (p) => ({
      a: p.call('a', order, { input: () => 1 }),
      b: p.call('b', order, { input: () => 2 }),
    }))
    const { steps } = await start(twice).result
    expect(Object.keys(steps)).toEqual(
      ['a', 'b'].flatMap((id) => [id, ...[`total`, `bill`, `bill/fee`, `bill/charge`].map((step) => `${id}/${step}`)]),
    )
  })

  test('fails the step with the error of its leaf', async () => {
    const boom = new Error('boom')
    const failing = pipeline('inner', (p) =>
      p.step('leaf', {
        run: () => {
          throw boom
        },
      }),
    )
    const middle = pipeline('middle', (p) => p.call('inner', failing, { input: () => undefined }))
    const outer = pipeline('outer', (p) => p.call('middle', middle, { input: () => undefined }))
    const error = await rejectionOf(run(outer))
    expect(error).toMatchObject({ code: 'STEP_FAILED', pipeline: 'outer', step: 'middle/inner/leaf' })
    expect(error.cause).toBe(boom)
    expect(error.result?.steps).toMatchObject({
      middle: { status: 'failed', error: { message: 'boom' } },
      'middle/inner': { status: 'failed' },
      'middle/inner/leaf': { status: 'failed' },
    })
  })

  test('does not stop the outer run when the step is optional', async () => {
    const failing = pipeline('inner', (p) => p.step('leaf', { run: () => Promise.reject(new Error('boom')) }))
    const outer = pipeline('outer', (p) => {
      const inner = p.call('inner', failing, { optional: true, input: () => undefined })
      return p.step('after', { needs: { inner }, run: ({ inner }) => [inner] })
    })
    expect(await run(outer)).toEqual([undefined])
  })

  test('is skipped as a whole when the condition of the step is false', async () => {
    const work = vi.fn()
    const inner = pipeline('inner', (p) => p.step('leaf', { run: () => void work() }))
    const outer = pipeline('outer', (p) => p.call('inner', inner, { when: () => false, input: () => undefined }))
    const { status, steps } = await start(outer).result
    expect(status).toBe('succeeded')
    expect(steps).toEqual({ inner: { status: 'skipped', reason: 'condition', attempts: 0 } })
    expect(work).not.toHaveBeenCalled()
  })

  test('checks its input again', async () => {
    const inner = pipeline('parse', { input: numeric }, (_, input) => input)
    const outer = pipeline('outer', { input: type<string>() }, (p) =>
      p.call('inner', inner, { input: ({ input }) => input }),
    )
    expect(await run(outer, '42')).toBe(42)
    const { cause } = await rejectionOf(run(outer, 'x'))
    expect(cause).toMatchObject({ code: 'INPUT_INVALID', pipeline: 'parse', step: 'inner' })
    expect(cause).toHaveProperty('message', expect.stringContaining('"parse", called by step "inner", is invalid'))
  })

  test('finds the services of the run', async () => {
    const Db = service<{ name: string }>()('db')
    const inner = pipeline('inner', (p) => p.step('leaf', { uses: { db: Db }, run: (_, { use }) => use.db.name }))
    const middle = pipeline('middle', (p) => p.call('inner', inner, { input: () => undefined }))
    const outer = pipeline('outer', (p) => p.call('middle', middle, { input: () => undefined }))
    expect(await run(outer, undefined, { services: { db: { name: 'main' } } })).toBe('main')
    const error = await rejectionOf(run(outer, undefined, { services: {} } as never))
    expect(error).toMatchObject({ code: 'SERVICE_MISSING', pipeline: 'outer', step: 'middle/inner/leaf' })
  })

  test('needs no specification when it has no input; then it reads nothing', async () => {
    const free = pipeline('free', (p) => p.step('leaf', { run: ({ input }) => [input] }))
    const outer = pipeline('outer', { input: type<number>() }, (p) => {
      const bare = p.call('bare', free)
      const empty = p.call('empty', free, {})
      return { bare, empty, late: p.call('late', free, { when: ({ input }) => input > 1 }) }
    })
    expect(await run(outer, 1)).toEqual({ bare: [undefined], empty: [undefined], late: undefined })
    expect(plan(outer).nodes.map(({ id, readsInput }) => [id, readsInput])).toEqual([
      ['bare', false],
      ['empty', false],
      ['late', true],
    ])
  })

  test('fails when its input cannot be made', async () => {
    const boom = new Error('boom')
    const outer = pipeline('outer', (p) =>
      p.call('inner', charge, {
        input: () => {
          throw boom
        },
      }),
    )
    expect(await rejectionOf(run(outer))).toMatchObject({ code: 'STEP_FAILED', step: 'inner', cause: boom })
  })
})

describe('a handle in place of the function that makes the input', () => {
  const double = pipeline('double', { input: type<number>() }, (p) => p.step('leaf', { run: ({ input }) => input * 2 }))

  test('is the input, and all that the step reads', async () => {
    const events: unknown[] = []
    const outer = pipeline('outer', { input: type<number>() }, (p, input) => {
      const four = p.call('four', double, { input })
      return p.call('eight', double, { input: four })
    })
    const pipe = createPipe()
    pipe.events.on('step:start', ({ stepId, needs }) => events.push([stepId, needs]))
    expect(await pipe.run(outer, 2)).toBe(8)
    expect(events).toContainEqual(['four', { input: 2 }])
    expect(events).toContainEqual(['eight', { four: 4 }])
    expect(plan(outer).edges).toEqual([{ from: 'four', to: 'eight', kind: 'read' }])
  })

  test('stands beside what the condition reads', async () => {
    const outer = pipeline('outer', { input: type<number>() }, (p) => {
      const seven = p.step('seven', { run: () => 7 })
      const odd = p.step('odd', { run: ({ input }) => input % 2 === 1 })
      const named = p.call('named', double, { needs: { odd }, when: ({ odd }) => odd, input: seven })
      const listed = p.call('listed', double, { needs: [odd], when: ([odd]) => odd, input: seven })
      const defaulted = p.call('defaulted', double, { when: ({ input }) => input === 1, input: seven })
      return { named, listed, defaulted }
    })
    expect(await run(outer, 1)).toEqual({ named: 14, listed: 14, defaulted: 14 })
    expect(await run(outer, 2)).toEqual({ named: undefined, listed: undefined, defaulted: undefined })
  })

  test('is read once when it is among the needs, and does not take the name of another', async () => {
    const outer = pipeline('outer', (p) => {
      const one = p.step('one', { run: () => 1 })
      const two = p.step('two', { run: () => 2 })
      const among = p.call('among', double, { needs: { one }, when: ({ one }) => one === 1, input: one })
      const beside = p.call('beside', double, { needs: { one: two }, when: ({ one }) => one === 2, input: one })
      return { among, beside }
    })
    expect(await run(outer)).toEqual({ among: 2, beside: 2 })
    expect(plan(outer).nodes.map(({ needs }) => needs)).toEqual([[], [], ['one'], ['two', 'one']])
  })

  test('must be one of the same pipeline', () => {
    let foreign: Handle<number> | undefined
    pipeline('other', (p) => (foreign = p.step('one', { run: () => 1 })))
    const error = thrownBy(() => pipeline('outer', (p) => p.call('inner', double, { input: foreign! })))
    expect(error).toMatchObject({ code: 'HANDLE_FOREIGN', step: 'inner' })
  })

  test.each([
    [/`input` must be a function, got number/, { input: 1 }],
    [/`needs` must be a record or an array of handles, got number/, { needs: 1, when: () => true }],
  ])('is checked: %s', (message, spec) => {
    const error = thrownBy(() => define((p, input) => p.call('a', double, { input, ...spec })))
    expect(error).toMatchObject({ code: 'DEFINITION_INVALID', step: 'a' })
    expect(error.message).toMatch(message)
  })
})
