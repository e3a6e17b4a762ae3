import { pipeline, run, type } from '@pipe/core'
import { describe, expect, test, vi } from 'vitest'
import { rejectionOf } from './support/errors.ts'
import { numeric, numericLater, schema } from './support/schemas.ts'

describe.each([
  ['answers at once', numeric],
  ['answers with a promise', numericLater],
])('a schema of the input that %s', (_, input) => {
  const work = vi.fn((input: number) => input)
  const defined = pipeline('p', { input }, (p) => p.step('a', { run: ({ input }) => work(input) }))

  test('makes of the input what the steps read', async () => {
    expect(await run(defined, '42')).toBe(42)
  })

  test('refuses what does not match, before anything starts', async () => {
    work.mockClear()
    const error = await rejectionOf(run(defined, 'forty-two'))
    expect(error).toMatchObject({ code: 'INPUT_INVALID', pipeline: 'p' })
    expect(error.message).toBe('The input of pipeline "p" is invalid: amount.0: expected digits')
    expect(error.cause).toMatchObject({ issues: [{ message: 'expected digits' }] })
    expect(error.result).toMatchObject({
      status: 'failed',
      steps: { a: { status: 'cancelled', reason: 'not-started', attempts: 0 } },
    })
    expect(work).not.toHaveBeenCalled()
  })
})

describe('a schema of the input', () => {
  test('that only carries a type checks nothing', async () => {
    const defined = pipeline('p', { input: type<string>() }, (_, input) => input)
    expect(await run(defined, 7 as never)).toBe(7)
  })

  test('may be a function, as those of arktype are', async () => {
    const callable = Object.assign(() => undefined, numeric)
    expect(
      await run(
        pipeline('p', { input: callable }, (_, input) => input),
        '1',
      ),
    ).toBe(1)
  })

  test('names every issue, with and without a path', async () => {
    const picky = schema<string>(() => ({
      issues: [
        { message: 'too short' },
        { message: 'empty', path: [] },
        { message: 'missing', path: ['a', Symbol('b')] },
      ],
    }))
    const error = await rejectionOf(
      run(
        pipeline('p', { input: picky }, (_, input) => input),
        'x',
      ),
    )
    expect(error.message).toContain('too short; empty; a.Symbol(b): missing')
  })

  test('that throws is named as what threw', async () => {
    const boom = new Error('boom')
    const broken = schema<string>(() => {
      throw boom
    })
    const error = await rejectionOf(
      run(
        pipeline('p', { input: broken }, (_, input) => input),
        'x',
      ),
    )
    expect(error).toMatchObject({ code: 'INPUT_INVALID', pipeline: 'p', cause: boom })
    expect(error.message).toContain('The input of pipeline "p"')
  })
})

describe.each([
  ['answers at once', numeric],
  ['answers with a promise', numericLater],
])('a schema of an output that %s', (_, output) => {
  const defined = pipeline('p', { input: type<string>() }, (p) => {
    const parsed = p.step('parsed', { output, run: ({ input }) => input })
    return p.step('next', { needs: { parsed }, run: ({ parsed }) => parsed + 1 })
  })

  test('makes of the output what dependants read', async () => {
    expect(await run(defined, '41')).toBe(42)
  })

  test('fails the step that returned something else', async () => {
    const error = await rejectionOf(run(defined, 'x'))
    expect(error).toMatchObject({ code: 'STEP_FAILED', step: 'parsed' })
    expect(error.cause).toMatchObject({ code: 'OUTPUT_INVALID', step: 'parsed', pipeline: 'p' })
    expect(error.cause).toHaveProperty('message', 'The output of step "parsed" is invalid: amount.0: expected digits')
    expect(error.result?.steps['next']).toMatchObject({ status: 'skipped', reason: 'upstream-failed' })
  })
})

test('a schema that answers with a thenable of its own is waited for', async () => {
  const foreign = schema<string, number>(
    () => ({ then: (resolve: (result: object) => void) => resolve({ value: 42 }) }) as never,
  )
  expect(
    await run(
      pipeline('p', { input: foreign }, (_, input) => input),
      '42',
    ),
  ).toBe(42)
})
