import { PipelineError } from '@pipe/core'
import { expect, test } from 'vitest'
import { storeFailureOf } from '../../src/store/store-failure.ts'

const error = (fields: object) => Object.assign(new Error('the words of the client'), fields)

test.each([
  ['postgres', { code: '08006' }, 'UNAVAILABLE'],
  ['postgres', { code: '25006' }, 'UNAVAILABLE'],
  ['postgres', { code: '53100' }, 'UNAVAILABLE'],
  ['postgres', { code: '53300' }, 'UNAVAILABLE'],
  ['postgres', { code: '57P01' }, 'UNAVAILABLE'],
  ['postgres', { code: '57014' }, 'UNAVAILABLE'],
  ['postgres', { code: '55P03' }, 'UNAVAILABLE'],
  ['postgres', { code: '40001' }, 'UNAVAILABLE'],
  ['postgres', { code: 'ECONNREFUSED' }, 'UNAVAILABLE'],
  ['postgres', { code: 'EPIPE' }, 'UNAVAILABLE'],
  ['postgres', {}, 'UNAVAILABLE'],
  ['postgres', { code: '42501' }, 'UNFIT'],
  ['postgres', { code: '42P01' }, 'UNFIT'],
  ['postgres', { code: '42703' }, 'UNFIT'],
  ['postgres', { code: '28P01' }, 'UNFIT'],
  ['postgres', { code: '3D000' }, 'UNFIT'],
  ['postgres', { code: '23502' }, 'UNFIT'],
  ['mysql', { errno: 1040 }, 'UNAVAILABLE'],
  ['mysql', { errno: 1053 }, 'UNAVAILABLE'],
  ['mysql', { errno: 1114 }, 'UNAVAILABLE'],
  ['mysql', { errno: 1205 }, 'UNAVAILABLE'],
  ['mysql', { errno: 1290 }, 'UNAVAILABLE'],
  ['mysql', { errno: 1927 }, 'UNAVAILABLE'],
  ['mysql', { code: 'PROTOCOL_CONNECTION_LOST' }, 'UNAVAILABLE'],
  ['mysql', { code: 'ECONNREFUSED', errno: -111 }, 'UNAVAILABLE'],
  ['mysql', { errno: 1142 }, 'UNFIT'],
  ['mysql', { errno: 1146 }, 'UNFIT'],
  ['mysql', { errno: 1045 }, 'UNFIT'],
  ['mysql', { errno: 1153 }, 'UNFIT'],
  ['sqlite', { errcode: 5 }, 'UNAVAILABLE'],
  ['sqlite', { errcode: 13 }, 'UNAVAILABLE'],
  ['sqlite', { code: 'SQLITE_BUSY_SNAPSHOT' }, 'UNAVAILABLE'],
  ['sqlite', { code: 'SQLITE_FULL' }, 'UNAVAILABLE'],
  ['sqlite', { code: 'ERR_INVALID_STATE' }, 'UNAVAILABLE'],
  ['sqlite', { errcode: 1 }, 'UNFIT'],
  ['sqlite', { errcode: 1032 }, 'UNFIT'],
  ['sqlite', { code: 'SQLITE_CORRUPT_INDEX' }, 'UNFIT'],
  ['sqlite', { code: 'SQLITE_READONLY' }, 'UNFIT'],
] as const)('of %s, %o is %s', (dialect, fields, what) => {
  const cause = error(fields)
  const failure = storeFailureOf(dialect, cause)
  expect(failure).toMatchObject({ code: `STORE_${what}`, plugin: 'sql', cause })
  expect(failure.message).toContain('the words of the client')
})

test('what several addresses of a host said is told', () => {
  const refused = new AggregateError([new Error('connect ECONNREFUSED ::1:5432'), new Error('connect 127.0.0.1')], '')
  expect(storeFailureOf('postgres', refused).message).toContain('connect ECONNREFUSED ::1:5432; connect 127.0.0.1')
})

test('an error of ours is passed on as it is, but for tables that are missing', () => {
  const ours = new PipelineError('STORE_UNAVAILABLE', 'later')
  expect(storeFailureOf('postgres', ours)).toBe(ours)
  const missing = new PipelineError('TABLES_MISSING', 'The database lacks the migrations store-1.')
  expect(storeFailureOf('mysql', missing)).toMatchObject({ code: 'STORE_UNFIT', cause: missing })
})
