import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { snapshotsOf } from '../src/snapshots.ts'

const of = (value: unknown, maxLength?: number) => snapshotsOf({ maxLength }).of(value)
const sizeOf = (copy: unknown) => textOf(copy).length
/** `undefined` has no JSON. */
const textOf = (copy: unknown) => JSON.stringify([copy])
const boom = (): never => {
  throw new Error('boom')
}

const selfish = {
  a: 1,
  toJSON() {
    return this
  },
}

describe('a copy', () => {
  test.each([
    ['numbers, words, nothing', [1, 'a', true, null, undefined], [1, 'a', true, null, undefined]],
    [
      'what JSON does not know',
      [
        10n,
        Symbol('s'),
        function f() {
          return 1
        },
        NaN,
      ],
      ['10', 'Symbol(s)', '[function f]', NaN],
    ],
    [
      'dates, addresses, expressions',
      [new Date(0), new URL('https://a.b/c'), /x/g],
      ['1970-01-01T00:00:00.000Z', 'https://a.b/c', '/x/g'],
    ],
    [
      'maps and sets',
      [
        new Map<unknown, unknown>([
          ['a', 1],
          [2, 'b'],
        ]),
        new Set([1]),
      ],
      [{ a: 1, 2: 'b' }, [1]],
    ],
    ['bytes', [new Uint8Array(1_000), Buffer.from('secret')], ['[Uint8Array, 1000 bytes]', '[Uint8Array, 6 bytes]']],
    ['fields that are no functions', { a: 1, f: () => 1, none: undefined }, { a: 1 }],
    ['what says that it is itself as JSON', selfish, { a: 1 }],
    ['what says what it is as JSON', { toJSON: () => ({ a: 1 }) }, { a: 1 }],
    [
      'instances, by their own fields',
      new (class A {
        b = 1
      })(),
      { b: 1 },
    ],
    [
      'errors',
      { err: Object.assign(new TypeError('no'), { code: 1, stack: 's' }) },
      { err: { name: 'TypeError', message: 'no', stack: 's', code: 1 } },
    ],
  ])('is made of %s', (_, value, expected) => {
    expect(of(value)).toEqual(expected)
  })

  test('is another object, and the value stays what it was', () => {
    const value = { a: { password: 'x', list: [{ token: 'y' }] } }
    const before = structuredClone(value)
    const copy = of(Object.freeze(value)) as typeof value
    expect(value).toEqual(before)
    expect(copy).not.toBe(value)
    expect(copy.a.list).not.toBe(value.a.list)
  })

  test('has no cycles; what is there twice is there twice', () => {
    const value: Record<string, unknown> = { a: 1 }
    value['self'] = value
    value['twice'] = [value, { b: 1 }]
    const shared = { c: 1 }
    expect(of(value)).toEqual({ a: 1, self: '[circular]', twice: ['[circular]', { b: 1 }] })
    expect(of([shared, shared])).toEqual([{ c: 1 }, { c: 1 }])
    const error = new Error('round')
    error.cause = error
    expect(of(error)).toMatchObject({ message: 'round', cause: '[circular]' })
  })

  test('ends at a depth', () => {
    let value: unknown = 'bottom'
    for (let i = 0; i < 100; i++) value = { in: value }
    expect(JSON.stringify(of(value))).toContain('[too deep]')
    let error = new Error('bottom')
    for (let i = 0; i < 100; i++) error = new Error('outer', { cause: error })
    delete error.stack
    const { length } = JSON.stringify(snapshotsOf({ redact: false, maxLength: 1_000_000 }).of(error)).split('"cause"')
    expect(length).toBe(11)
  })

  test('goes around what throws', () => {
    const value = {
      fine: 1,
      get bad() {
        return boom()
      },
      proxy: new Proxy({}, { ownKeys: boom, get: boom }),
      json: { toJSON: boom },
      revoked: (() => {
        const { proxy, revoke } = Proxy.revocable({}, {})
        revoke()
        return proxy
      })(),
    }
    expect(of(value)).toEqual({
      fine: 1,
      bad: '[unreadable]',
      proxy: '[unreadable]',
      json: '[unreadable]',
      revoked: '[unreadable]',
    })
  })

  test('keeps a field called __proto__, as a field', () => {
    const copy = of(JSON.parse('{"__proto__": {"admin": true}}')) as object
    expect(Object.getPrototypeOf(copy)).toBe(Object.prototype)
    expect(JSON.stringify(copy)).toBe('{"__proto__":{"admin":true}}')
    expect(copy).not.toHaveProperty('admin')
  })

  test('ends at a size, and says so', () => {
    expect(of('x'.repeat(100), 64)).toBe(`${'x'.repeat(60)}…(+40)`)
    expect(
      of(
        Array.from({ length: 100 }, (_, n) => n),
        64,
      ),
    ).toEqual([...Array.from({ length: 15 }, (_, n) => n), '…(+85)'])
    expect(of({ a: 'x'.repeat(100), b: 1 }, 64)).toEqual({
      a: expect.stringMatching(/^x+…\(\+\d+\)$/) as string,
      '…': 'more',
    })
  })

  test('of something huge takes no longer than of something big', () => {
    let reads = 0
    const huge = new Proxy(Array.from({ length: 1_000_000 }), {
      get: (target, key) => {
        reads++
        return Reflect.get(target, key) as unknown
      },
    })
    expect(sizeOf(of(huge))).toBeLessThan(20_000)
    expect(reads).toBeLessThan(10_000)
  })

  test('a secret at the place where a text is cut is no half secret', () => {
    const text = `${'x'.repeat(50)} Bearer ${'abc123'.repeat(20)}`
    expect(of(text, 64)).not.toContain('abc')
    expect(of(text, 72)).not.toContain('abc')
  })
})

describe('a copy of an error', () => {
  const { error: copyOf } = snapshotsOf()

  test('says what the error says: name, message, stack, own fields, and the same of all causes', () => {
    const cause = Object.assign(new TypeError('reset'), { code: 'ECONNRESET' })
    const error = Object.assign(new Error('failed', { cause }), { code: 'E_PAY', request: { url: '/', token: 'x' } })
    expect(copyOf(error)).toEqual({
      ...{ name: 'Error', message: 'failed', stack: error.stack, code: 'E_PAY' },
      request: { url: '/', token: '[redacted]' },
      cause: { name: 'TypeError', message: 'reset', stack: cause.stack, code: 'ECONNRESET' },
    })
  })

  test('says what errors it stands for', () => {
    const copy = copyOf(new AggregateError([new RangeError('one'), 'two'], 'all failed'), { stacks: false })
    expect(copy).toEqual({
      ...{ name: 'AggregateError', message: 'all failed' },
      errors: [{ name: 'RangeError', message: 'one' }, 'two'],
    })
  })

  test('without stacks reads none', () => {
    let read = 0
    const counted = (error: Error) => Object.defineProperty(error, 'stack', { get: () => `stack ${++read}` })
    const error = counted(new Error('outer', { cause: counted(new Error('inner')) }))
    const told = { name: 'Error', message: 'outer', cause: { name: 'Error', message: 'inner' } }
    expect(copyOf(error, { stacks: false })).toEqual(told)
    expect(read).toBe(0)
    expect(copyOf(error)).toEqual({ ...told, stack: 'stack 1', cause: { ...told.cause, stack: 'stack 2' } })
  })

  test('holds no secrets: message, stack, fields, causes', () => {
    const cause = Object.assign(new Error('GET https://ada:hunter2@db/ failed'), { password: 'hunter2' })
    const error = Object.assign(new Error('401 for Bearer hunter2hunter2', { cause }), { detail: 'token=hunter2' })
    expect(JSON.stringify(copyOf(error))).not.toContain('hunter2')
  })

  test('has paths that begin at what was thrown', () => {
    const { error: copyOf } = snapshotsOf({ redact: { paths: ['user.email', 'cause.user'] } })
    const user = { email: 'ada@example.com' }
    const error = Object.assign(new Error('no', { cause: Object.assign(new Error('why'), { user }) }), { user })
    expect(copyOf(error)).toMatchObject({ user: { email: '[redacted]' }, cause: { user: '[redacted]' } })
    expect(copyOf({ user })).toMatchObject({ value: { user: { email: '[redacted]' } } })
  })

  test.each([
    ['out of stock', { name: 'NonError', message: 'out of stock' }],
    [undefined, { name: 'NonError', message: 'undefined' }],
    [
      { status: 404, token: 'abc' },
      { name: 'NonError', message: '[object Object]', value: { status: 404, token: '[redacted]' } },
    ],
  ])('is there of what is none: %o', (thrown, expected) => {
    expect(copyOf(thrown)).toEqual(expected)
  })

  test.each([
    [
      'throws whatever it is asked',
      new Proxy(new Error('x'), { get: boom, getPrototypeOf: boom, ownKeys: boom }),
      { name: 'NonError', value: '[unreadable]' },
    ],
    [
      'does not say what fields it has',
      new Proxy(new Error('x', { cause: 'why' }), { ownKeys: boom }),
      { name: 'Error', message: 'x', cause: 'why', '…': '[unreadable]' },
    ],
    [
      'has getters that throw',
      ['name', 'message', 'stack', 'cause', 'errors', 'own'].reduce(
        (error, field) => Object.defineProperty(error, field, { get: boom, enumerable: true }),
        new Error('x'),
      ),
      { name: 'Error', message: '', own: '[unreadable]' },
    ],
  ])('is there of an error that %s', (_, thrown, expected) => {
    expect(copyOf(thrown)).toMatchObject(expected)
  })

  test('ends at a size', () => {
    const { error: copyOf } = snapshotsOf({ maxLength: 64 })
    const error = Object.assign(new Error('x'.repeat(1_000)), { more: 'y'.repeat(1_000) })
    expect(sizeOf(copyOf(error))).toBeLessThan(200)
  })
})

test('a text ends at a size, says so, and holds no secrets', () => {
  const { text } = snapshotsOf({ maxLength: 64 })
  expect(text('x'.repeat(100))).toBe(`${'x'.repeat(64)}…(+36)`)
  expect(text('for Bearer abcdef123456')).toBe('for Bearer [redacted]')
})

test('a function is shown by its name, if that is one', () => {
  expect(of(Object.defineProperty(() => 1, 'name', { value: 5 }))).toBe('[function ]')
  expect(of([boom, 1])).toEqual(['[function boom]', 1])
})

/** Anything, cycles and all. */
const anything = fc.anything({
  withBigInt: true,
  withBoxedValues: true,
  withDate: true,
  withMap: true,
  withNullPrototype: true,
  withObjectString: true,
  withSet: true,
  withSparseArray: true,
  withTypedArray: true,
})

test('whatever the value, a copy can be written, is small, and leaves the value alone', () => {
  fc.assert(
    fc.property(anything, fc.integer({ min: 64, max: 2_000 }), (value, limit) => {
      const before = structuredCloneable(value)
      const copy = of(value, limit)
      expect(() => JSON.stringify(copy)).not.toThrow()
      expect(() => JSON.stringify(snapshotsOf({ maxLength: limit }).error(value))).not.toThrow()
      // Names, quotes and escapes come on top.
      expect(sizeOf(copy)).toBeLessThan(12 * limit + 500)
      if (before !== undefined) expect(value).toEqual(before)
    }),
  )
})

test('whatever the value, a secret in it does not come out', () => {
  const secret = 'Bearer canary123456'
  const nested = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      fc.constant(secret),
      fc.array(tie('value')),
      fc.dictionary(fc.string(), tie('value')),
      fc.dictionary(fc.string(), tie('value')).map((fields) => Object.assign(new Error(secret), fields)),
      fc.array(tie('value')).map((values) => new Set(values)),
      fc.dictionary(fc.string(), tie('value')).map((fields) => new Map(Object.entries(fields))),
      fc.constant(new Map([[secret, secret]])),
    ),
  })).value
  fc.assert(
    fc.property(nested, fc.integer({ min: 64, max: 500 }), (value, maxLength) => {
      const snapshots = snapshotsOf({ maxLength })
      expect(textOf(snapshots.of(value))).not.toContain('canary')
      expect(textOf(snapshots.error(value))).not.toContain('canary')
      expect(textOf(snapshots.error(new Error(secret, { cause: value })))).not.toContain('canary')
    }),
  )
})

test('without redaction a copy is a copy', () => {
  const value = { password: 'x', text: 'Bearer abcdef123' }
  expect(snapshotsOf({ redact: false }).of(value)).toEqual(value)
})

function structuredCloneable(value: unknown): unknown {
  try {
    return structuredClone(value)
  } catch {
    return undefined
  }
}
