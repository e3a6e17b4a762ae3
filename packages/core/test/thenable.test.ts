import { pipeline, run, start } from '@pipe/core'
import { describe, expect, test, vi } from 'vitest'
import { rejectionOf } from './support/errors.ts'
import { turn } from './support/fake-clock.ts'

type Then = (resolve: (value: unknown) => void, reject: (error: unknown) => void) => unknown

const returning = (value: () => unknown) => {
  const next = vi.fn((a: unknown) => a)
  const defined = pipeline('p', (p) => {
    const a = p.step('a', { run: value })
    return p.step('b', { needs: { a }, run: ({ a }) => next(a) })
  })
  return { defined, next }
}
const thenable = (then: Then) => () => ({ then })
const boom = new Error('boom')

describe('a thenable that is not a promise', () => {
  const good: Record<string, () => unknown> = {
    'that calls back at once': thenable((resolve) => resolve(1)),
    'that calls back later': thenable((resolve) => queueMicrotask(() => resolve(1))),
    'that calls back twice': thenable((resolve) => {
      resolve(1)
      resolve(2)
    }),
    'that resolves and then rejects': thenable((resolve, reject) => {
      resolve(1)
      reject(boom)
    }),
    'that resolves and then throws': thenable((resolve) => {
      resolve(1)
      throw boom
    }),
    'that resolves with a thenable': thenable((resolve) => resolve(Promise.resolve(1))),
    'that is a function': () =>
      Object.assign(() => undefined, { then: (resolve: (value: unknown) => void) => resolve(1) }),
    'that is of a class derived from Promise': () => new (class extends Promise<number> {})((resolve) => resolve(1)),
  }
  test.each(Object.entries(good))('%s is awaited, once', async (_, value) => {
    const { defined, next } = returning(value)
    expect(await run(defined)).toBe(1)
    await turn()
    expect(next).toHaveBeenCalledExactlyOnceWith(1)
  })

  const bad: Record<string, () => unknown> = {
    'that rejects at once': thenable((_, reject) => reject(boom)),
    'that rejects twice': thenable((_, reject) => {
      reject(boom)
      reject(new Error('again'))
    }),
    'whose then throws': thenable(() => {
      throw boom
    }),
    'whose then cannot be read': () => ({
      get then() {
        throw boom
      },
    }),
  }
  test.each(Object.entries(bad))('%s fails the step, once', async (_, value) => {
    const error = await rejectionOf(run(returning(value).defined))
    expect(error).toMatchObject({ step: 'a' })
    expect(error.cause).toBe(boom)
    await turn()
  })

  test('that never settles is given up after the grace', async () => {
    const started = start(returning(thenable(() => undefined)).defined, undefined, { grace: 0 })
    await turn()
    started.cancel()
    expect((await started.result).steps['a']).toMatchObject({ status: 'cancelled', stillRunning: true })
  })

  test('with a `then` that is not a function is a value like any other', async () => {
    expect(await run(returning(() => ({ then: 'later' })).defined)).toEqual({ then: 'later' })
  })
})
