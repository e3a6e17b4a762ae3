import { createPipe, pipeline } from '@pipe/core'
import { describe, expect, test, vi } from 'vitest'
import { timeout, type TimeoutOptions } from '../src/index.ts'

const limit = "milliseconds above 0, a string such as '30s', or Infinity"

const refusal = (defaults: unknown): unknown => {
  try {
    timeout(defaults as TimeoutOptions)
  } catch (error) {
    return error
  }
  return undefined
}

describe.each([
  [0, '', `must be ${limit}; got 0.`],
  [-1, '', `must be ${limit}; got -1.`],
  [NaN, '', `must be ${limit}; got NaN.`],
  ['5 seconds', '', `must be ${limit}; got '5 seconds'.`],
  [{ attempt: 0 }, 'attempt', `must be ${limit}; got 0.`],
  [{ attempt: null }, 'attempt', `must be ${limit}; got null.`],
  [{ total: '' }, 'total', `must be ${limit}; got ''.`],
  [{ total: 5n }, 'total', `must be ${limit}; got 5.`],
  [{ perAttempt: '5s' }, 'perAttempt', 'must be left out: the options are attempt, total'],
] as const)('%o', (options, field, complaint) => {
  test('is refused by timeout()', () => {
    const message = expect.stringContaining(`\`${field || 'options'}\` of timeout() ${complaint}`) as unknown
    expect(refusal(options)).toMatchObject({ code: 'OPTION_INVALID', plugin: 'timeout', message })
  })

  test('is refused in a step before anything starts', async () => {
    const run = vi.fn(() => 1)
    const defined = pipeline('p', (p) => p.step('a', { run, timeout: options as unknown as TimeoutOptions }))
    const error: unknown = await createPipe({ plugins: [timeout()] })
      .run(defined)
      .catch((error: unknown) => error)
    const option = field === '' ? 'timeout' : `timeout.${field}`
    const message = expect.stringContaining(`\`${option}\` of step "a" of pipeline "p" ${complaint}`) as unknown
    expect(error).toMatchObject({ code: 'OPTION_INVALID', plugin: 'timeout', pipeline: 'p', step: 'a', message })
    expect(run).not.toHaveBeenCalled()
  })
})

test.each([null, true])('timeout(%o) is refused', (options) => {
  const message = `\`options\` of timeout() must be a duration or { attempt, total, grace }; got ${String(options)}.`
  expect(refusal(options)).toMatchObject({ code: 'OPTION_INVALID', message })
})

test('Infinity is no limit: the step pays nothing', () => {
  const step = {
    pipeline: 'p',
    id: 'a',
    kind: 'step',
    runs: 'function',
    optional: false,
    undoable: false,
    version: undefined,
  } as const
  const options = { timeout: { attempt: Infinity, total: Infinity } }
  expect(timeout('5s').attempt?.({ ...step, options })).toBeUndefined()
  expect(timeout({ total: '5s' }).step?.({ ...step, options })).toBeUndefined()
})
