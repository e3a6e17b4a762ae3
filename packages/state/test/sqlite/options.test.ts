import { describe, expect, test } from 'vitest'
import { sqliteStore, type SqliteStoreOptions } from '../../src/index.ts'
import { has } from './folder.ts'

const refused = (options: unknown) => () => sqliteStore(options as SqliteStoreOptions)

describe('the options', () => {
  test.each([
    [{}, "`file` of sqliteStore() must be the path of a file, or ':memory:'; got undefined."],
    [{ file: '' }, "`file` of sqliteStore() must be the path of a file, or ':memory:'; got ''."],
    [{ file: 'a\0b' }, "`file` of sqliteStore() must be the path of a file, or ':memory:'"],
    [{ file: new URL('file:///tmp/a') }, '`file` of sqliteStore() must be'],
    [{ file: 'a', busyTimeoutMs: -1 }, '`busyTimeoutMs` of sqliteStore() must be a whole number of milliseconds'],
    [{ file: 'a', busyTimeoutMs: '5s' }, '`busyTimeoutMs` of sqliteStore() must be a whole number of milliseconds'],
    [{ file: 'a', synchronous: 'off' }, "`synchronous` of sqliteStore() must be 'normal' or 'full'; got 'off'."],
    [{ file: 'a', clock: Date.now }, '`clock` of sqliteStore() must be a clock'],
    [{ file: 'a', table: 'x' }, '`table` of sqliteStore() must be left out'],
    [undefined, '`options` of sqliteStore() must be an object'],
  ])('%o is refused', (options, message) => {
    expect(refused(options)).toThrow(expect.objectContaining({ code: 'OPTION_INVALID', message: has(message) }))
  })

  test('nothing is touched before the store is opened', () => {
    expect(sqliteStore({ file: '/no/such/folder/runs.db' })).toMatchObject({
      name: 'sqlite',
      durable: true,
      shared: true,
    })
  })

  test('memory neither lasts nor is shared', () => {
    expect(sqliteStore({ file: ':memory:' })).toMatchObject({ durable: false, shared: false })
  })
})
