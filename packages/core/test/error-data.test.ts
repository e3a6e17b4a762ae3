import { deserializeError, type ErrorData, PipelineError, serializeError } from '@pipe/core'
import { describe, expect, test } from 'vitest'

const trip = (thrown: unknown): unknown =>
  deserializeError(JSON.parse(JSON.stringify(serializeError(thrown))) as ErrorData)

class HttpError extends Error {
  override readonly name = 'HttpError'
  readonly status = 503
  readonly headers = { 'retry-after': '7' }
  readonly code = 'UNAVAILABLE'
}

describe('an error as data', () => {
  test('has its name, message, stack, code and other fields', () => {
    const error = new HttpError('down')
    expect(serializeError(error)).toEqual({
      name: 'HttpError',
      message: 'down',
      stack: error.stack,
      status: 503,
      headers: { 'retry-after': '7' },
      code: 'UNAVAILABLE',
    })
  })

  test('has the chain of causes, and the errors of an AggregateError', () => {
    const cause = new AggregateError([new TypeError('one'), 'two'], 'all failed')
    expect(serializeError(new Error('outer', { cause }))).toMatchObject({
      message: 'outer',
      cause: {
        name: 'AggregateError',
        errors: [
          { name: 'TypeError', message: 'one' },
          { name: 'NonError', value: 'two' },
        ],
      },
    })
  })

  test('ends when causes go in a circle', () => {
    const [a, b] = [new Error('a'), new Error('b')]
    a.cause = b
    b.cause = a
    let depth = 0
    for (let data: ErrorData | undefined = serializeError(a); data !== undefined; data = data.cause) depth++
    expect(depth).toBe(3) // a, b, and a again, without its cause
  })

  test('leaves out functions, symbols and the result of a run', () => {
    const error = Object.assign(new PipelineError('TIMEOUT', 'late'), { retry: () => 1, tag: Symbol('tag') })
    expect(Object.keys(serializeError(error))).toEqual(['name', 'message', 'stack', 'code'])
  })

  test('keeps what was thrown when that is no error', () => {
    expect(serializeError({ status: 503 })).toEqual({
      name: 'NonError',
      message: '[object Object]',
      value: { status: 503 },
    })
    expect(serializeError(undefined)).toMatchObject({ name: 'NonError', message: 'undefined' })
  })
})

describe('a round trip', () => {
  test.each([EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError, Error])(
    'keeps the class: %o',
    (Class) => {
      const error = trip(new Class('boom'))
      expect(error).toBeInstanceOf(Class)
      expect(error).toMatchObject({ name: Class.name, message: 'boom' })
    },
  )

  test('keeps name, message, stack, causes and own fields of any error', () => {
    const error = new HttpError('down', { cause: new RangeError('too many') })
    const back = trip(error) as HttpError
    expect(back).toBeInstanceOf(Error)
    expect(back).toMatchObject({
      name: 'HttpError',
      message: 'down',
      status: 503,
      code: 'UNAVAILABLE',
      stack: error.stack,
    })
    expect(back.cause).toBeInstanceOf(RangeError)
  })

  test('keeps a PipelineError with its details', () => {
    const error = new PipelineError('STEP_FAILED', 'failed', {
      pipeline: 'p',
      step: 's',
      plugin: 'x',
      cause: new Error('boom'),
    })
    const back = trip(error)
    expect(back).toBeInstanceOf(PipelineError)
    expect(back).toMatchObject({
      code: 'STEP_FAILED',
      pipeline: 'p',
      step: 's',
      plugin: 'x',
      message: 'failed',
      cause: { message: 'boom' },
    })
    expect(Object.keys(back as object).toSorted()).toEqual(Object.keys(error).toSorted())
  })

  test('keeps fields that others have added to a PipelineError', () => {
    expect(trip(Object.assign(new PipelineError('TIMEOUT', 'late'), { limitMs: 50 }))).toMatchObject({ limitMs: 50 })
  })

  test('keeps an AggregateError', () => {
    const back = trip(new AggregateError([new TypeError('one'), 'two'], 'all'))
    expect(back).toBeInstanceOf(AggregateError)
    expect((back as AggregateError).errors).toEqual([new TypeError('one'), 'two'])
  })

  test.each(['boom', 7, null, true, { status: 503 }, ['a']])('gives back %j as it was thrown', (value) => {
    expect(trip(value)).toEqual(value)
  })

  test('twice says the same', () => {
    const data = serializeError(new HttpError('down', { cause: new TypeError('x', { cause: 'y' }) }))
    expect(serializeError(deserializeError(data))).toEqual(data)
  })
})

describe('what cannot be carried', () => {
  const cyclic: Record<string, unknown> = {}
  cyclic['self'] = cyclic
  const fields: Record<string, unknown> = {
    'a bigint': 1n,
    'a cycle': cyclic,
    'a function deep inside': { callback: () => 1 },
    'an object whose getter throws': Object.defineProperty({}, 'x', {
      enumerable: true,
      get: () => {
        throw new Error('no')
      },
    }),
  }
  test.each(Object.entries(fields))('does no harm: %s in a field of an error', (_, field) => {
    const data = serializeError(Object.assign(new Error('boom'), { field, status: 503 }))
    expect(data).toMatchObject({ message: 'boom', status: 503 })
    expect(() => JSON.stringify(data)).not.toThrow()
    expect(() => structuredClone(data)).not.toThrow()
  })
})
