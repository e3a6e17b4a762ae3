import { expect, test } from 'vitest'
import { redisStore, type RedisStoreOptions } from '../src/index.ts'
import { settingsOf } from '../src/options.ts'

const client = { call: () => Promise.reject(new Error('not asked')), duplicate: () => expect.unreachable() }

test('have defaults', () => {
  expect(settingsOf({ client })).toMatchObject({ client, prefix: 'pipe', timeout: 10_000 })
})

test.each<[string, Partial<RedisStoreOptions>, string]>([
  [
    'no prefix',
    { prefix: '' },
    "`prefix` of redisStore() must be 1 to 100 of the characters A-Z a-z 0-9 . _ : -; got ''.",
  ],
  ['a hash tag in the prefix', { prefix: '{a}' }, '`prefix` of redisStore() must be'],
  ['no time at all', { timeout: 0 }, '`timeout` of redisStore() must be milliseconds from 1 to a day'],
  ['all the time', { timeout: '2d' }, '`timeout` of redisStore() must be milliseconds from 1 to a day'],
])('refuses %s', (_, options, message) => {
  expect(() => redisStore({ client, ...options })).toThrow(message)
})

test.each([
  ['nothing', {}],
  ['a url', { client: 'redis://localhost' }],
  ['a client of something else', { client: { get: () => undefined } }],
])('refuses %s for a client', (_, options) => {
  // @ts-expect-error -- as a caller in JavaScript may
  expect(() => redisStore(options)).toThrow('`client` of redisStore() must be a client of ioredis or node-redis')
})

test('refuses what is no option', () => {
  // @ts-expect-error -- as a caller in JavaScript may
  expect(() => redisStore({ client, ttl: 1 })).toThrow('the options are client, prefix, timeout, onWarning')
})
