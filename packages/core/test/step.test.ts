import { defineStep, pipeline, run, service, start, type StepContext, type } from '@pipe/core'
import { describe, expect, test, vi } from 'vitest'
import { rejectionOf } from './support/errors.ts'
import { numeric } from './support/schemas.ts'

describe('a step', () => {
  test('without needs reads the input of the pipeline', async () => {
    const greet = pipeline('greet', { input: type<{ name: string }>() }, (p) =>
      p.step('text', { run: ({ input }) => `Hello, ${input.name}!` }),
    )
    expect(await run(greet, { name: 'Ada' })).toBe('Hello, Ada!')
  })

  test('reads a record of handles under names of its own choice', async () => {
    const sum = pipeline('sum', { input: type<number>() }, (p, input) => {
      const twice = p.step('twice', { run: ({ input }) => input * 2 })
      return p.step('sum', { needs: { one: input, two: twice }, run: ({ one, two }) => one + two })
    })
    expect(await run(sum, 3)).toBe(9)
  })

  test('reads an array of handles, in order', async () => {
    const joined = pipeline('joined', (p) => {
      const a = p.step('a', { run: () => 'a' })
      const b = p.step('b', { run: async () => 'b' })
      return p.step('joined', { needs: [b, a, b], run: ([x, y, z]) => x + y + z })
    })
    expect(await run(joined)).toBe('bab')
  })

  test('may need nothing at all', async () => {
    const seen = vi.fn()
    await run(
      pipeline('p', { input: type<number>() }, (p) => p.step('a', { needs: {}, run: seen })),
      1,
    )
    expect(seen.mock.calls[0]?.[0]).toEqual({})
  })

  test('may answer at once or with a promise', async () => {
    const both = pipeline('p', (p) => ({
      now: p.step('now', { run: () => 1 }),
      later: p.step('later', { run: async () => 2 }),
    }))
    expect(await run(both)).toEqual({ now: 1, later: 2 })
  })

  test.each([undefined, null, 0, '', false, NaN, []])('may answer with %j', async (value) => {
    expect(await run(pipeline('p', (p) => p.step('a', { run: () => value })))).toBe(value)
  })

  test('waits for the steps in `after` without reading them', async () => {
    const log: string[] = []
    const ordered = pipeline('p', (p) => {
      const first = p.step('first', { run: async () => void log.push('first') })
      return p.step('second', {
        after: [first],
        run: (needs) => {
          log.push('second')
          return Object.keys(needs)
        },
      })
    })
    expect(await run(ordered)).toEqual(['input'])
    expect(log).toEqual(['first', 'second'])
  })

  test('may both need a step and come after it', async () => {
    const defined = pipeline('p', (p) => {
      const a = p.step('a', { run: () => 1 })
      return p.step('b', { needs: { a }, after: [a, a], run: ({ a }) => a })
    })
    expect(await run(defined)).toBe(1)
  })
})

describe('a step with `when`', () => {
  const gift = (vip: unknown, work = vi.fn(() => 'gift')) => {
    const defined = pipeline('p', (p) => {
      const user = p.step('user', { run: () => ({ vip }) })
      const gift = p.step('gift', { needs: { user }, when: ({ user }) => user.vip as boolean, run: work })
      return p.step('mail', { needs: { gift }, run: ({ gift }) => gift ?? 'no gift' })
    })
    return { defined, work }
  }

  test('runs when it answers true', async () => {
    expect(await run(gift(true).defined)).toBe('gift')
  })

  test('is skipped when it answers false: dependants run, and see undefined', async () => {
    const { defined, work } = gift(false)
    const { status, output, steps } = await start(defined).result
    expect({ status, output }).toEqual({ status: 'succeeded', output: 'no gift' })
    expect(steps['gift']).toEqual({ status: 'skipped', reason: 'condition', attempts: 0 })
    expect(work).not.toHaveBeenCalled()
  })

  test('asks after its needs have settled, just before it runs', async () => {
    const log: string[] = []
    const defined = pipeline('p', (p) => {
      const a = p.step('a', { run: async () => void log.push('a') })
      return p.step('b', { needs: { a }, when: () => log.push('when') > 0, run: () => void log.push('b') })
    })
    await run(defined)
    expect(log).toEqual(['a', 'when', 'b'])
  })

  test('fails when it throws', async () => {
    const boom = new Error('boom')
    const defined = pipeline('p', (p) =>
      p.step('a', {
        when: (): boolean => {
          throw boom
        },
        run: () => 1,
      }),
    )
    const error = await rejectionOf(run(defined))
    expect(error).toMatchObject({ code: 'STEP_FAILED', step: 'a', cause: boom })
    expect(error.result?.steps['a']).toMatchObject({ status: 'failed', attempts: 0 })
  })

  test.each([undefined, null, 0, 1, 'yes', {}, Promise.resolve(true)])(
    'fails when it answers %o, which is not a boolean',
    async (answer) => {
      const { defined, work } = gift(answer)
      const { cause } = await rejectionOf(run(defined))
      expect(cause).toMatchObject({ code: 'OUTPUT_INVALID', step: 'gift', pipeline: 'p' })
      expect(cause).toHaveProperty('message', expect.stringContaining('must return a boolean'))
      expect(work).not.toHaveBeenCalled()
    },
  )
})

describe('a step with `optional`', () => {
  const defined = pipeline('p', (p) => {
    const user = p.step('user', {
      optional: true,
      run: (): string => {
        throw new Error('no user')
      },
    })
    return p.step('mail', { needs: { user }, run: ({ user }) => user ?? 'nobody' })
  })

  test('leaves the run going when it fails: dependants see undefined', async () => {
    expect(await run(defined)).toBe('nobody')
  })

  test('is recorded as failed although the run succeeds', async () => {
    const { status, steps } = await start(defined).result
    expect(status).toBe('succeeded')
    expect(steps['user']).toMatchObject({ status: 'failed', attempts: 1, error: { message: 'no user' } })
  })
})

describe('a standalone step', () => {
  const Bank = service<{ charge: (amount: number) => string }>()('bank')
  const charge = defineStep({
    uses: { bank: Bank },
    run: ({ amount }: { amount: number }, { use }) => use.bank.charge(amount),
  })
  const bank = { charge: (amount: number) => `charged ${amount}` }

  test('is the value it was given', () => {
    const spec = { run: () => 1 }
    expect(defineStep(spec)).toBe(spec)
  })

  test('is bound by several pipelines', async () => {
    const bind = (name: string) =>
      pipeline(name, { input: type<number>() }, (p, input) => p.step('charge', { ...charge, needs: { amount: input } }))
    const options = { services: { bank } }
    expect(await run(bind('one'), 1, options)).toBe('charged 1')
    expect(await run(bind('two'), 2, options)).toBe('charged 2')
  })

  test('takes along the schema of its output', async () => {
    const parse = defineStep({ output: numeric, run: ({ text }: { text: string }) => text })
    const defined = pipeline('p', { input: type<string>() }, (p, input) => {
      const parsed = p.step('parsed', { ...parse, needs: { text: input } })
      return p.step('use', { needs: { parsed }, run: ({ parsed }) => parsed / Number(parsed > 1) })
    })
    expect(parse.run({ text: '7' }, {} as StepContext<Record<never, never>>)).toBe('7')
    expect(await run(defined, '42')).toBe(42)
    expect((await rejectionOf(run(defined, 'x'))).cause).toMatchObject({ code: 'OUTPUT_INVALID', step: 'parsed' })
  })

  test('is bound twice by one pipeline', async () => {
    const double = defineStep({ run: ({ n }: { n: number }) => n * 2 })
    const defined = pipeline('p', { input: type<number>() }, (p, input) => {
      const once = p.step('once', { ...double, needs: { n: input } })
      return p.step('twice', { ...double, needs: { n: once } })
    })
    expect(await run(defined, 3)).toBe(12)
  })
})
