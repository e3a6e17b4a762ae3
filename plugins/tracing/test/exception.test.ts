import { describe, expect, test } from 'vitest'
import { errorTypeOf, exceptionOf } from '../src/exception.ts'

class NotFound extends Error {}

describe('the type of an error', () => {
  test.each([
    [Object.assign(new Error('x'), { code: 'ECONNREFUSED' }), 'ECONNREFUSED'],
    [new TypeError('x'), 'TypeError'],
    [new NotFound('x'), 'NotFound'],
    [new DOMException('x', 'AbortError'), 'AbortError'],
    [Object.assign(new Error('x'), { code: 42 }), 'Error'],
    ['text', '_OTHER'],
    [undefined, '_OTHER'],
    [{ message: 'no error' }, '_OTHER'],
  ])('of %o is %s', (error, expected) => {
    expect(errorTypeOf(error)).toBe(expected)
  })
})

describe('what is recorded of an error', () => {
  test('is its class, its message and its stack, which goes on with those of its causes', () => {
    const root = new RangeError('root')
    const error = new NotFound('top', { cause: new Error('middle', { cause: root }) })
    const { name, message, stack } = exceptionOf(error) as { name: string; message: string; stack: string }
    expect({ name, message }).toEqual({ name: 'NotFound', message: 'top' })
    const [top, middle, last, ...more] = stack.split('\nCaused by: ')
    expect(top).toBe(error.stack)
    expect(middle).toMatch(/^Error: middle\n/)
    expect(last).toBe(root.stack)
    expect(more).toEqual([])
  })

  test('is in words where a cause is no error', () => {
    expect(exceptionOf(new Error('top', { cause: 'the weather' }))).toMatchObject({
      stack: expect.stringMatching(/\nCaused by: the weather$/) as string,
    })
  })

  test('ends where causes go in circles, or on and on', () => {
    const circle = new Error('circle')
    circle.cause = circle
    expect((exceptionOf(circle) as Error).stack).toBe(circle.stack)
    let deep = new Error('0')
    for (let i = 1; i < 100; i++) deep = new Error(String(i), { cause: deep })
    expect((exceptionOf(deep) as Error).stack?.split('Caused by')).toHaveLength(17)
  })

  test('does without a stack where there is none', () => {
    const bare = new Error('bare')
    delete bare.stack
    expect(exceptionOf(bare)).toMatchObject({ message: 'bare', stack: 'Error: bare' })
  })

  test('is what can be said of what was thrown, whatever it is', () => {
    const hostile = new Proxy(new Error('x'), {
      get: () => {
        throw new Error('no')
      },
    })
    expect(exceptionOf(hostile)).toMatchObject({ name: 'NonError' })
    expect(errorTypeOf(hostile)).toBe('_OTHER')
    expect(exceptionOf(Symbol('s'))).toEqual({ name: 'NonError', message: 'Symbol(s)' })
  })
})
