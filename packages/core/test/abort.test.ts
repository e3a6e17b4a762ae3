import { abortCodeOf, type ErrorCode, PipelineError } from '@pipe/core'
import { errorCodes } from '../src/codes.ts'
import { describe, expect, test } from 'vitest'
import { toAbortReason } from '../src/abort.ts'

const abortCodes = ['CANCELLED', 'TIMEOUT', 'SHUTDOWN', 'LEASE_LOST'] as const

describe('an abort reason', () => {
  test.each(Object.keys(errorCodes) as ErrorCode[])('has one of four codes: %s', (code) => {
    const own = (abortCodes as readonly string[]).includes(code)
    expect(abortCodeOf(new PipelineError(code, 'why'))).toBe(own ? code : undefined)
  })

  test.each([
    undefined,
    null,
    'CANCELLED',
    { code: 'CANCELLED' },
    new Error('CANCELLED'),
    new DOMException('', 'AbortError'),
  ])('is a PipelineError: %o is none', (reason) => {
    expect(abortCodeOf(reason)).toBeUndefined()
    expect(toAbortReason(reason, 'p')).toMatchObject({ code: 'CANCELLED', pipeline: 'p', cause: reason })
  })

  test('is taken as it is', () => {
    for (const code of abortCodes) {
      const reason = new PipelineError(code, 'why')
      expect(toAbortReason(reason, 'p')).toBe(reason)
    }
  })

  test('has the words that were given', () => {
    expect(toAbortReason('tab closed', 'p').message).toBe('Pipeline "p" was cancelled: tab closed.')
    expect(toAbortReason(new Error('tab closed'), 'p').message).toBe('Pipeline "p" was cancelled: tab closed.')
    expect(toAbortReason(undefined, 'p').message).toBe('Pipeline "p" was cancelled.')
  })
})
