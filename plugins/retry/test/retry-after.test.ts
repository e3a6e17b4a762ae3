import { expect, test } from 'vitest'
import { httpRetryAfter } from '../src/retry-after.ts'

const now = Date.UTC(2026, 0, 1)

test.each<[string, unknown, number | undefined]>([
  ['seconds', { 'Retry-After': '120' }, 120_000],
  ['seconds as a number', { 'retry-after': 120 }, 120_000],
  ['no seconds', { 'retry-after': '0' }, 0],
  ['a date', { 'retry-after': 'Thu, 01 Jan 2026 00:00:30 GMT' }, 30_000],
  ['a date that has passed', { 'retry-after': 'Wed, 31 Dec 2025 23:59:59 GMT' }, 0],
  ['a date in the form of RFC 850', { 'retry-after': 'Thursday, 01-Jan-26 00:00:30 GMT' }, 30_000],
  ['a name in any case', { 'RETRY-AFTER': '1' }, 1_000],
  ['several values', { 'retry-after': ['2', '3'] }, 2_000],
  ['spaces', { 'retry-after': ' 2 ' }, 2_000],
  ['Headers', new Headers({ 'Retry-After': '7' }), 7_000],
  ['Headers without it', new Headers(), undefined],
  ['a negative number', { 'retry-after': '-5' }, undefined],
  ['words', { 'retry-after': 'soon' }, undefined],
  ['an object', { 'retry-after': {} }, undefined],
  ['no such header', { date: 'Thu, 01 Jan 2026 00:00:30 GMT' }, undefined],
  ['no headers', undefined, undefined],
])('reads %s, on the error and on its response', (_, headers, wait) => {
  expect(httpRetryAfter({ headers }, now)).toBe(wait)
  expect(httpRetryAfter(Object.assign(new Error('503'), { response: { headers } }), now)).toBe(wait)
})

test.each([undefined, null, 'boom', 42, { response: null }])('finds nothing in %o', (error) => {
  expect(httpRetryAfter(error, now)).toBeUndefined()
})
