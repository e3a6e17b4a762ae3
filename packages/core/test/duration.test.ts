import { type Duration, toMs } from '@pipe/core'
import { describe, expect, test } from 'vitest'
import { thrownBy } from './support/errors.ts'

describe('a duration', () => {
  test.each([
    [0, 0],
    [250, 250],
    [1.5, 1.5],
    [Infinity, Infinity],
    ['0s', 0],
    ['250ms', 250],
    ['30s', 30_000],
    ['1.5s', 1_500],
    ['5m', 300_000],
    ['2h', 7_200_000],
    ['1d', 86_400_000],
  ] as const)('of %j is %d ms', (duration, ms) => {
    expect(toMs(duration)).toBe(ms)
  })

  test.each([
    -1,
    NaN,
    -Infinity,
    '',
    '30',
    '30 s',
    '-5s',
    's',
    '1e3ms',
    '5 minutes',
    '1.s',
    '٣s',
    null,
    undefined,
    {},
    [],
    true,
    1n,
  ])('cannot be %o', (duration) => {
    const error = thrownBy(() => toMs(duration as Duration, 'option `timeout` of step "a"'))
    expect(error.code).toBe('OPTION_INVALID')
    expect(error.message).toContain(
      'Expected option `timeout` of step "a" to be milliseconds from 0 up or a string such as \'30s\', got',
    )
  })
})
