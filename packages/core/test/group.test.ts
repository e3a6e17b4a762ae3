import { pipeline, plan, run, service, start, type } from '@pipe/core'
import { describe, expect, test, vi } from 'vitest'
import { rejectionOf } from './support/errors.ts'
import { turn } from './support/fake-clock.ts'

describe('a group', () => {
  test('runs its steps at the same time, with the same needs', async () => {
    let running = 0
    let most = 0
    const work = async (n: number) => {
      most = Math.max(most, ++running)
      await turn()
      running--
      return n
    }
    const defined = pipeline('p', { input: type<number>() }, (p) => {
      const { a, b } = p.group('g', { steps: { a: ({ input }) => work(input), b: ({ input }) => work(-input) } })
      return { a, b }
    })
    expect(await run(defined, 7)).toEqual({ a: 7, b: -7 })
    expect(most).toBe(2)
  })

  test('is a record of handles, usable as needs', async () => {
    const defined = pipeline('p', (p) => {
      const both = p.group('g', { steps: { a: () => 1, b: async () => 'b' } })
      return p.step('join', { needs: both, run: ({ a, b }) => `${a}${b}` })
    })
    expect(await run(defined)).toBe('1b')
  })

  test('names its steps after itself', async () => {
    const defined = pipeline('p', (p) => p.group('g', { steps: { a: (_, { stepId }) => stepId } }))
    expect(await run(defined)).toEqual({ a: 'g/a' })
    expect((await start(defined).result).steps).toMatchObject({ 'g/a': { status: 'succeeded', output: 'g/a' } })
  })

  test('may give its steps options of their own', async () => {
    const Db = service<string>()('db')
    const undo = vi.fn()
    const defined = pipeline('p', (p) => {
      const first = p.step('first', { run: () => 'first' })
      return p.group('g', {
        needs: { first },
        uses: { db: Db },
        steps: { a: { undo, run: ({ first }, { use }) => `${first} ${use.db}` }, b: () => 2 },
      })
    })
    expect(await run(defined, undefined, { services: { db: 'main' } })).toEqual({ a: 'first main', b: 2 })
  })

  test('may have steps that use services of their own, besides those of all', async () => {
    const Db = service<string>()('db')
    const Mail = service<string>()('mail')
    const defined = pipeline('p', (p) =>
      p.group('g', {
        uses: { db: Db },
        steps: {
          a: { uses: { mail: Mail }, run: (_, { use }) => [use.db, use.mail] },
          b: { uses: { db: Mail }, run: (_, { use }) => [use.db] },
          c: (_, { use }) => Object.keys(use),
        },
      }),
    )
    const services = { db: 'main', mail: 'smtp' }
    expect(await run(defined, undefined, { services })).toEqual({ a: ['main', 'smtp'], b: ['smtp'], c: ['db'] })
    expect(plan(defined).nodes.map(({ services }) => services)).toEqual([['db', 'mail'], ['mail'], ['db']])
    const error = await rejectionOf(run(defined, undefined, { services: { db: 'main' } } as never))
    expect(error).toMatchObject({ code: 'SERVICE_MISSING' })
    expect(error.message).toContain('"mail"')
  })

  test('fails the run with the first of its failures, and records all of them', async () => {
    const fail = (text: string) => () => Promise.reject<string>(new Error(text))
    const defined = pipeline('p', (p) => p.group('g', { steps: { a: fail('one'), b: fail('two') } }))
    const error = await rejectionOf(run(defined, undefined, { failure: 'continue' }))
    expect(error).toMatchObject({ code: 'STEP_FAILED', step: 'g/a', cause: { message: 'one' } })
    expect(error.result?.steps).toMatchObject({
      'g/a': { status: 'failed', error: { message: 'one' } },
      'g/b': { status: 'failed', error: { message: 'two' } },
    })
  })

  test('of nothing is nothing', async () => {
    expect(await run(pipeline('p', (p) => p.group('g', { steps: {} })))).toEqual({})
  })
})
