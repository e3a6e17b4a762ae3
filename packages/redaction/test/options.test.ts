import { describe, expect, test } from 'vitest'
import { type RedactOptions, type SnapshotOptions, snapshotsOf } from '../src/index.ts'

const refusal = (options: unknown, ...site: { owner: string; path?: string; plugin?: string }[]): unknown => {
  try {
    snapshotsOf(options as SnapshotOptions, ...site)
  } catch (error) {
    return error
  }
  return undefined
}

describe('snapshotsOf(options)', () => {
  test.each([
    [null, 'options', 'an object; got null'],
    [{ paths: [] }, 'paths', 'left out: the options are redact, maxLength; got []'],
    [{ redact: true }, 'redact', 'false or an object; got true'],
    [{ redact: null }, 'redact', 'false or an object; got null'],
    [{ redact: { path: [] } }, 'redact.path', 'left out: the options are paths, keys, patterns'],
    [{ redact: { paths: 'a.b' } }, 'redact.paths', "a list of paths; got 'a.b'"],
    [{ redact: { paths: ['a.b', 'a['] } }, 'redact.paths', "a list of paths such as 'user.email'"],
    [{ redact: { paths: [7] } }, 'redact.paths', 'a list of paths such as'],
    [{ redact: { keys: [1] } }, 'redact.keys', 'a list of names and regular expressions; got [1]'],
    [{ redact: { keys: [''] } }, 'redact.keys', 'a list of names and regular expressions'],
    [{ redact: { patterns: ['x'] } }, 'redact.patterns', 'a list of regular expressions'],
    [{ maxLength: 63 }, 'maxLength', 'a whole number from 64 up; got 63'],
    [{ maxLength: Infinity }, 'maxLength', 'a whole number from 64 up; got Infinity'],
  ])('refuses %o', (options, option, complaint) => {
    const error = refusal(options)
    expect(error).toMatchObject({ code: 'OPTION_INVALID' })
    expect((error as Error).message).toContain(`\`${option}\` of snapshotsOf() must be ${complaint.slice(0, 10)}`)
    expect((error as Error).message).toContain(complaint)
  })

  test('says whose options they are', () => {
    const tracker = { owner: 'tracker()', plugin: 'sql' }
    expect(refusal({ redact: 1 }, tracker)).toMatchObject({
      plugin: 'sql',
      message: '`redact` of tracker() must be false or an object; got 1.',
    })
    expect(refusal({ redact: { keys: 1 } }, { ...tracker, path: 'history' })).toMatchObject({
      message: '`history.redact.keys` of tracker() must be a list of names and regular expressions; got 1.',
    })
  })

  test.each([
    undefined,
    {},
    { redact: undefined, maxLength: undefined },
    { redact: {} },
    { redact: { paths: undefined, keys: undefined, patterns: undefined } },
    { redact: false, maxLength: 64 },
    { redact: { paths: ['a[*].b', '["x-y"]'], keys: ['iban', /x/], patterns: [/y/] } },
  ])('takes %o', (options) => {
    expect(refusal(options)).toBeUndefined()
  })

  test('takes no notice of what becomes of the options afterwards', () => {
    const redact = { paths: ['a'], keys: ['b'], patterns: [/c/] } satisfies RedactOptions
    const snapshots = snapshotsOf({ redact })
    for (const list of Object.values(redact)) list.length = 0
    expect(snapshots.of({ a: 1, b: 2, d: 'c' })).toEqual({ a: '[redacted]', b: '[redacted]', d: '[redacted]' })
  })
})
