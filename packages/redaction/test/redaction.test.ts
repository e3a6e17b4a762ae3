import { describe, expect, test } from 'vitest'
import { type RedactOptions, redactionOf } from '../src/redaction.ts'
import { snapshotsOf } from '../src/snapshots.ts'

const CENSORED = '[redacted]'
const { clean, suspects } = redactionOf({})
const copyOf = (value: unknown, redact: RedactOptions = {}) => snapshotsOf({ redact }).of(value)

// Put together, so that nobody who searches sources for secrets finds these.
const JWT = ['eyJhbGciOiJIUzI1NiJ9', 'eyJzdWIiOiIxMjM0In0', 'c2lnbmF0dXJl'].join('.')
const PEM = ['-----BEGIN RSA PRIVATE', 'KEY-----\nMIIEow\nIBAAKC\n-----END RSA PRIVATE', 'KEY-----'].join(' ')

describe('in text', () => {
  test.each([
    ['Bearer abcdef123456 was refused', 'Bearer [redacted] was refused'],
    ['authorization: Basic dXNlcjpwYXNz', 'authorization: [redacted]'],
    ['"Authorization":"ApiKey 12345","x":1', '"Authorization":"[redacted]","x":1'],
    [`token is ${JWT}.`, 'token is [redacted].'],
    [`key:\n${PEM}\nend`, 'key:\n[redacted]\nend'],
    ['connect postgres://ada:hunter2@db:5432/shop failed', 'connect postgres://[redacted]@db:5432/shop failed'],
    ['connect redis://:p@ss@cache failed', 'connect redis://[redacted]@cache failed'],
    ['GET /pay?access_token=abc123&page=2', 'GET /pay?access_token=[redacted]&page=2'],
    ['login with password=hunter2, user=ada', 'login with password=[redacted], user=ada'],
    ['{"password":"two words","user":"ada"}', '{"password":[redacted],"user":"ada"}'],
    ['{\\"client_secret\\":\\"abc\\",\\"n\\":1}', '{\\"client_secret\\":[redacted],\\"n\\":1}'],
    ["api_key: 'abc def' used", 'api_key: [redacted] used'],
    [`id ${'AKIA' + 'IOSFODNN7EXAMPLE'} unknown`, 'id [redacted] unknown'],
    [`${'ghp_' + 'a'.repeat(36)} expired`, '[redacted] expired'],
    [`${'sk-' + 'proj-abcdefghijklmnop'} expired`, '[redacted] expired'],
    [`${'sk_' + 'live_abcdefghijklmnop'} expired`, '[redacted] expired'],
    [`${'xoxb-' + '1234567890-abc'} expired`, '[redacted] expired'],
  ])('%s', (text, expected) => {
    expect(clean(text)).toBe(expected)
  })

  test.each([
    'Unexpected token } in JSON at position 4',
    'the secretary of the treasury',
    'https://example.com/a?page=2#top',
    'a bearer of bad news',
    'used 512 tokens in 3 calls',
    'risk-assessment-of-the-year',
    'basic functionality is missing',
    'mail ada@example.com',
  ])('nothing is taken from: %s', (text) => {
    expect(clean(text)).toBe(text)
  })

  test('everything is found, not every other one', () => {
    const { clean } = redactionOf({ patterns: [/CUST-\d+/g, /x\d/y] })
    for (let i = 0; i < 3; i++) expect(clean('CUST-1 and CUST-2, x1')).toBe(`${CENSORED} and ${CENSORED}, ${CENSORED}`)
  })

  test.each([
    'a',
    '-a',
    'token ',
    'eyJ',
    '-eyJabcdefgh',
    '://',
    'password="',
    "secret='",
    '-----BEGIN ',
    'bearer ',
    '[redacted]',
  ])('no text takes long: %s, again and again', (part) => {
    const start = performance.now()
    clean(part.repeat(200_000 / part.length))
    expect(performance.now() - start).toBeLessThan(10_000) // quadratic: minutes
  })
})

describe('by the name of a field', () => {
  test.each([
    ...['password', 'userPassword', 'DB_PASSWD', 'passphrase', 'pass', 'pwd'],
    ...['secret', 'client-secret', 'token', 'accessToken', 'refresh_token', 'tokens', 'csrf.token'],
    ...['authorization', 'Proxy-Authorization', 'cookie', 'Set-Cookie', 'cookies'],
    ...[
      'apiKey',
      'x-api-key',
      'privateKey',
      'signing_key',
      'AWS_SECRET_ACCESS_KEY',
      'credentials',
      'jwt',
      'otp',
      'pin',
      'cvc',
    ],
  ])('%s is a secret', (key) => {
    expect(suspects(key)).toBe(true)
  })

  test.each([
    'passenger',
    'secretary',
    'tokenCount',
    'maxTokensPerCall',
    'keyboard',
    'key',
    'primaryKey',
    'shipping',
    'author',
    'id',
    'opinion',
  ])('%s is none', (key) => {
    expect(suspects(key)).toBe(false)
  })

  test('whatever it holds and however deep it is', () => {
    const value = { a: [{ password: { hash: 'x', salt: [1] } }], map: new Map([['token', 'x']]), pin: 1234 }
    expect(copyOf(value)).toEqual({ a: [{ password: CENSORED }], map: { token: CENSORED }, pin: CENSORED })
  })

  test('but not when it tells nothing: none, yes or no, a count', () => {
    const value = { password: null, token: undefined, hasPassword: true, input_tokens: 512 }
    expect(copyOf(value)).toEqual(value)
  })

  test('names of your own: strings in any spelling, and expressions', () => {
    const value = { ibanNumber: 1, IBAN: 'DE02', taxId: '7', notes: 'x' }
    expect(copyOf(value, { keys: ['iban', /^tax/g] })).toEqual({
      ibanNumber: 1,
      IBAN: CENSORED,
      taxId: CENSORED,
      notes: 'x',
    })
  })

  test('of which there may be any number', () => {
    const ids = Object.fromEntries(Array.from({ length: 3_000 }, (_, n) => [`k${n}`, 1]))
    const copy = snapshotsOf({ maxLength: 1_000_000 }).of([ids, { password: 'x' }, ids])
    expect(copy).toEqual([ids, { password: CENSORED }, ids])
  })
})

describe('by path', () => {
  test.each([
    ['user.email', { user: { email: CENSORED, name: 'Ada' }, cards: [{ number: 1 }, { number: 2 }], 'x-y': { z: 1 } }],
    [
      'cards[*].number',
      { user: { email: 'a@b', name: 'Ada' }, cards: [{ number: CENSORED }, { number: CENSORED }], 'x-y': { z: 1 } },
    ],
    [
      '["x-y"].z',
      { user: { email: 'a@b', name: 'Ada' }, cards: [{ number: 1 }, { number: 2 }], 'x-y': { z: CENSORED } },
    ],
    ['*.name', { user: { email: 'a@b', name: CENSORED }, cards: [{ number: 1 }, { number: 2 }], 'x-y': { z: 1 } }],
    ['nobody.home', { user: { email: 'a@b', name: 'Ada' }, cards: [{ number: 1 }, { number: 2 }], 'x-y': { z: 1 } }],
  ])('%s', (path, expected) => {
    const value = { user: { email: 'a@b', name: 'Ada' }, cards: [{ number: 1 }, { number: 2 }], 'x-y': { z: 1 } }
    expect(copyOf(value, { paths: [path] })).toEqual(expected)
  })

  test('that cannot be taken out takes all with it', () => {
    const snapshots = snapshotsOf({ redact: { paths: ['a.length'] } })
    expect(snapshots.of({ a: { length: 1, b: 2 } })).toEqual({ a: { length: CENSORED, b: 2 } })
    expect(snapshots.of({ a: [1] })).toBe(CENSORED)
    expect(snapshots.error(Object.assign(new Error('x'), { a: [1] }))).toEqual({ name: 'Error', message: CENSORED })
  })

  test('the value stays what it was, whatever the paths', () => {
    const value = { a: { x: { y: 1 }, b: { c: 'here' } }, restore: 'mine' }
    const before = structuredClone(value)
    const copy = copyOf(value, { paths: ['a.x.y', '*.b.c'] })
    expect(copy).toEqual({ a: { x: { y: CENSORED }, b: { c: CENSORED } }, restore: 'mine' })
    expect(value).toEqual(before)
  })
})
