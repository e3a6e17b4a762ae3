import { createPipe, pipeline, run, start } from '@pipe/core'
import { describe, expect, test } from 'vitest'
import { rejectionOf } from './support/errors.ts'
import { turn } from './support/fake-clock.ts'

const fail = (thrown: unknown) => (): never => {
  throw thrown
}
const circular: Record<string, unknown> = {}
circular['self'] = circular

/** What user code may throw: anything. */
const thrown: Record<string, unknown> = {
  undefined: undefined,
  null: null,
  'a string': 'boom',
  'a number': NaN,
  'a bigint': 1n,
  'a symbol': Symbol('boom'),
  'a function': () => 'boom',
  'an object': { status: 503 },
  'an object without a prototype': Object.create(null) as object,
  'an object that refers to itself': circular,
  'an object that cannot be a string': { toString: fail(new Error('no')) },
  'a frozen object': Object.freeze({ status: 503 }),
  'a frozen error': Object.freeze(new Error('boom')),
  'an object with getters that throw': Object.defineProperty({}, 'status', {
    get: fail(new Error('no')),
    enumerable: true,
  }),
  'an error with getters that throw': Object.defineProperties(new Error('boom'), {
    message: { get: fail(new Error('no')), enumerable: true },
    status: { get: fail(new Error('no')), enumerable: true },
  }),
  'an error that refers to itself': Object.assign(new Error('boom'), { request: circular }),
  'an error that is its own cause': withOwnCause(),
  'a proxy that was revoked': revoked(),
  'an error of another realm': Object.assign(Object.create(Error.prototype) as Error, { message: 7 }),
}

describe.each(Object.entries(thrown))('a step that throws %s', (_, thrown) => {
  const defined = pipeline('p', (p) => {
    const a = p.step('a', { optional: true, run: fail(thrown) })
    const b = p.step('b', { needs: { a }, run: async () => fail(thrown)() })
    return p.step('c', { needs: { b }, run: () => 1 })
  })

  test('fails the run with it as the cause', async () => {
    const error = await rejectionOf(run(defined))
    expect(error).toMatchObject({ code: 'STEP_FAILED', step: 'b' })
    expect(Object.is(error.cause, thrown)).toBe(true)
  })

  test('is in a result that can be serialised', async () => {
    const result = await start(defined).result
    expect(result.status).toBe('failed')
    expect(result.steps).toMatchObject({ a: { status: 'failed' }, b: { status: 'failed' }, c: { status: 'skipped' } })
    expect(() => JSON.stringify(result)).not.toThrow()
    expect(() => structuredClone(result)).not.toThrow()
  })
})

describe('a step that misbehaves', () => {
  test('by throwing something of its own when it is aborted is cancelled, with what it threw', async () => {
    const defined = pipeline('p', (p) =>
      p.step('a', {
        run: (_, { signal }) => new Promise((_, no) => signal.addEventListener('abort', () => no(new Error('own')))),
      }),
    )
    const started = start(defined)
    await turn()
    started.cancel()
    const { status, steps } = await started.result
    expect(status).toBe('cancelled')
    expect(steps['a']).toMatchObject({ status: 'cancelled', error: { message: 'own' } })
  })

  test('by throwing in a listener of its signal does not keep the others from being told', async () => {
    const told: string[] = []
    const step = (id: string) => ({
      run: (_: unknown, { signal }: { readonly signal: AbortSignal }) =>
        new Promise((resolve) =>
          signal.addEventListener('abort', () => {
            told.push(id)
            resolve(id)
          }),
        ),
    })
    const started = start(pipeline('p', (p) => ({ a: p.step('a', step('a')), b: p.step('b', step('b')) })))
    await turn()
    started.cancel()
    await started.result
    expect(told).toEqual(['a', 'b'])
  })

  test('in `when`, `over`, `key`, `input` and `until` fails that step alone', async () => {
    const inner = pipeline('inner', (p) => p.step('leaf', { run: () => undefined }))
    const boom = new Error('boom')
    const bad = fail(boom)
    const optional = true
    const defined = pipeline('p', (p) => ({
      when: p.step('when', { optional, when: bad, run: () => 1 }),
      over: p.map('over', { optional, over: bad as () => number[], run: () => 1 }),
      key: p.map('key', { optional, over: () => [1], key: bad, run: () => 1 }),
      input: p.call('input', inner, { optional, input: bad }),
      first: p.loop('first', inner as never, { optional, input: bad, until: () => true, max: 1 }),
      until: p.loop('until', inner as never, {
        optional,
        input: () => undefined as never,
        until: bad,
        max: 1,
      }),
    }))
    const { status, steps } = await start(defined).result
    expect(status).toBe('succeeded')
    for (const id of ['when', 'over', 'key', 'input', 'first', 'until']) {
      expect(steps[id]).toMatchObject({ status: 'failed', error: { message: 'boom' } })
    }
  })

  test('in the middleware of a plugin is treated the same', async () => {
    for (const layer of ['step', 'attempt'] as const) {
      for (const value of Object.values(thrown)) {
        const pipe = createPipe({ plugins: [{ name: 'bad', [layer]: () => fail(value) }] })
        const error = await rejectionOf(pipe.run(pipeline('p', (p) => p.step('a', { run: () => 1 }))))
        expect(Object.is(error.cause, value)).toBe(true)
      }
    }
  })
})

function withOwnCause(): Error {
  const error = new Error('boom')
  error.cause = error
  return error
}

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  return proxy
}
