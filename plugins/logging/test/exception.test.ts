import { snapshotsOf } from '@pipe/redaction'
import { describe, expect, test } from 'vitest'
import { errorTypeOf, exceptionFields } from '../src/exception.ts'

const snapshots = snapshotsOf()
const fieldsOf = (thrown: unknown, known: ReadonlySet<unknown> = new Set()) => exceptionFields(thrown, snapshots, known)
const traceOf = (thrown: unknown, known?: ReadonlySet<unknown>) =>
  String(fieldsOf(thrown, known)['exception.stacktrace'])
/** A trace without the places. */
const headsOf = (trace: string) => trace.split('\n').filter((line) => !/^\s+at /.test(line))

describe('an error', () => {
  test('has the name of its class when it gives itself none', () => {
    class PaymentError extends Error {}
    expect(fieldsOf(new PaymentError('no'))).toMatchObject({
      'exception.type': 'PaymentError',
      'error.type': 'PaymentError',
    })
  })

  test('is told with all of its causes, each below the other', () => {
    const error = new Error('outer', { cause: new TypeError('middle', { cause: new RangeError('inner') }) })
    expect(headsOf(traceOf(error))).toEqual([
      'Error: outer',
      '  [cause]: TypeError: middle',
      '    [cause]: RangeError: inner',
    ])
  })

  test('of many is told with each of them', () => {
    const error = new AggregateError([new Error('one'), 'two'], 'all failed', { cause: 'bad weather' })
    expect(headsOf(traceOf(error))).toEqual([
      'AggregateError: all failed',
      '  [cause]: bad weather',
      '  [errors 0]: Error: one',
      '  [errors 1]: two',
    ])
  })

  test('that is its own cause ends somewhere', () => {
    const error = new Error('round')
    error.cause = new Error('and', { cause: error })
    expect(headsOf(traceOf(error))).toEqual(['Error: round', '  [cause]: Error: and', '    [cause]: Error: round'])
  })

  test('of very many shows the stacks of a few, and looks at no more', () => {
    let read = 0
    const leaf = () => Object.defineProperty(new Error('leaf'), 'stack', { get: () => `stack ${++read}` })
    const many = <T>(make: (n: number) => T) => Array.from({ length: 50 }, (_, n) => make(n))
    traceOf(
      new AggregateError(
        many((n) => new AggregateError(many(leaf), `branch ${n}`)),
        'all',
      ),
    )
    expect(read).toBeGreaterThan(0)
    expect(read).toBeLessThanOrEqual(16)
  })

  test('that was told is named only, on its own and as a cause', () => {
    const cause = new Error('known')
    expect(fieldsOf(cause, new Set([cause]))).toEqual({
      'error.type': 'Error',
      'exception.type': 'Error',
      'exception.message': 'known',
    })
    const trace = traceOf(new Error('new', { cause }), new Set([cause]))
    expect(trace.endsWith('\n  [cause]: Error: known')).toBe(true)
  })

  test('without a stack has its name and message for one', () => {
    const error = new TypeError('bare')
    delete error.stack
    expect(traceOf(error)).toBe('TypeError: bare')
  })

  test('tells what else it says, and so do its causes, without stacks', () => {
    const cause = Object.assign(new Error('reset'), { code: 'ECONNRESET' })
    const error = Object.assign(new Error('failed', { cause }), { status: 502, request: { url: '/pay', token: 'abc' } })
    expect(fieldsOf(error)['pipe.error']).toEqual({
      status: 502,
      request: { url: '/pay', token: '[redacted]' },
      cause: { name: 'Error', message: 'reset', code: 'ECONNRESET' },
    })
    expect(fieldsOf(new Error('plain'))).not.toHaveProperty(['pipe.error'])
  })

  test('holds no secrets: message, stack, causes, fields', () => {
    const cause = Object.assign(new Error('GET https://ada:hunter2@db/ failed'), { password: 'hunter2' })
    const error = Object.assign(new Error('401 for Bearer hunter2hunter2', { cause }), { detail: 'token=hunter2' })
    expect(JSON.stringify(fieldsOf(error))).not.toContain('hunter2')
  })

  test.each([
    ['is a proxy that throws', new Proxy(new Error('x'), { get: () => boom(), getPrototypeOf: () => boom() })],
    ['has getters that throw', hostile()],
    ['does not say what fields it has', new Proxy(new Error('x'), { ownKeys: () => boom() })],
    ['stands for errors that cannot be read', Object.assign(new Error('x'), { errors: revoked() })],
    ['has no prototype', Object.setPrototypeOf(new Error('x'), null) as unknown],
  ])('may be as bad as it likes: it %s', (_, thrown) => {
    const fields = fieldsOf(thrown)
    expect(fields['exception.type']).toEqual(expect.any(String))
    expect(() => JSON.stringify(fields)).not.toThrow()
  })
})

describe('what is no error', () => {
  test.each([
    ['out of stock', 'out of stock', undefined],
    [undefined, 'undefined', undefined],
    [{ status: 404, token: 'abc' }, '[object Object]', { status: 404, token: '[redacted]' }],
  ])('%o is told as it is', (thrown, message, more) => {
    expect(fieldsOf(thrown)).toEqual({
      'error.type': '_OTHER',
      'exception.type': 'NonError',
      'exception.message': message,
      ...(more !== undefined && { 'pipe.error': more }),
    })
  })
})

test('the type of an error is its code, when that is a word', () => {
  expect(errorTypeOf(Object.assign(new Error('x'), { code: 'ENOENT' }))).toBe('ENOENT')
  expect(errorTypeOf(Object.assign(new TypeError('x'), { code: 404 }))).toBe('TypeError')
})

function boom(): never {
  throw new Error('boom')
}

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable([], {})
  revoke()
  return proxy
}

function hostile(): Error {
  const error = new Error('x')
  for (const field of ['name', 'message', 'stack', 'cause', 'errors', 'code', 'own'])
    Object.defineProperty(error, field, { get: boom, enumerable: true })
  return error
}
