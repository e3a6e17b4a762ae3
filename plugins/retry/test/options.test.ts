import { createPipe, pipeline, type PipelineError } from '@pipe/core'
import { describe, expect, test, vi } from 'vitest'
import { retry, type RetryDefaults, type RetryOptions } from '../src/index.ts'

const wrong: readonly (readonly [field: keyof RetryOptions, value: unknown, expected: string])[] = [
  ['maxAttempts', 0, 'a whole number from 1 up, or Infinity; got 0'],
  ['maxAttempts', 2.5, 'a whole number from 1 up, or Infinity; got 2.5'],
  ['maxAttempts', '3', "a whole number from 1 up, or Infinity; got '3'"],
  ['maxAttempts', NaN, 'a whole number from 1 up, or Infinity; got NaN'],
  ['backoff', 'quadratic', "one of 'constant', 'linear', 'exponential'; got 'quadratic'"],
  ['initialDelay', -1, "milliseconds from 0 up, or a string such as '2s'; got -1"],
  ['initialDelay', Infinity, "milliseconds from 0 up, or a string such as '2s'; got Infinity"],
  ['initialDelay', 5n, "milliseconds from 0 up, or a string such as '2s'; got 5"],
  ['maxDelay', 'a while', "milliseconds from 0 up, or a string such as '2s'; got 'a while'"],
  ['maxDelay', '1ms', 'at least `initialDelay` (1000 ms); got 1'],
  ['factor', 0.5, 'a number from 1 up; got 0.5'],
  ['factor', Infinity, 'a number from 1 up; got Infinity'],
  ['jitter', 'some', "one of 'none', 'full', 'equal', 'decorrelated'; got 'some'"],
  ['jitter', null, "one of 'none', 'full', 'equal', 'decorrelated'; got null"],
  ['maxElapsed', '', "milliseconds from 0 up, a string such as '5m', or Infinity; got ''"],
  ['retryIf', 'always', "a function; got 'always'"],
  ['retryAfter', 1_000, 'a function; got 1000'],
  ['overlap', 1, 'true or false; got 1'],
  ['overlap', [], 'true or false; got []'],
]

const refusal = (defaults: unknown): unknown => {
  try {
    retry(defaults as RetryDefaults)
  } catch (error) {
    return error
  }
  return undefined
}

describe.each(wrong)('`%s` of %o', (field, value, expected) => {
  test('is refused by retry()', () => {
    const message = `\`${field}\` of retry() must be ${expected}.`
    expect(refusal({ [field]: value })).toMatchObject({ code: 'OPTION_INVALID', plugin: 'retry', message })
  })

  test('is refused in a step before anything starts', async () => {
    const [first, run] = [vi.fn(() => 1), vi.fn(() => 2)]
    const defined = pipeline('p', (p) => ({
      first: p.step('first', { run: first }),
      a: p.step('a', { run, retry: { [field]: value } }),
    }))
    const error: unknown = await createPipe({ plugins: [retry()] })
      .run(defined)
      .catch((error: unknown) => error)
    const message = `\`retry.${field}\` of step "a" of pipeline "p" must be ${expected}.`
    expect(error).toMatchObject({ code: 'OPTION_INVALID', plugin: 'retry', pipeline: 'p', step: 'a', message })
    expect(first).not.toHaveBeenCalled()
  })
})

test.each([
  [null, '`options` of retry() must be an object; got null.'],
  [3, '`options` of retry() must be an object; got 3.'],
  [{ budget: 100 }, '`budget` of retry() must be an object { retries, per }; got 100.'],
  [
    { budget: { retries: 100 } },
    "`budget.per` of retry() must be milliseconds above 0, or a string such as '1m'; got undefined.",
  ],
  [{ budget: { retries: 0, per: '1m' } }, '`budget.retries` of retry() must be a whole number from 1 up; got 0.'],
  [
    { budget: { retries: 1, per: 0 } },
    "`budget.per` of retry() must be milliseconds above 0, or a string such as '1m'; got 0.",
  ],
])('retry(%o) is refused', (defaults, message) => {
  expect(refusal(defaults)).toMatchObject({ code: 'OPTION_INVALID', message })
})

test.each([
  ['yes', '`retry` of step "a" of pipeline "p" must be a number, false or an object; got \'yes\'.'],
  [null, '`retry` of step "a" of pipeline "p" must be a number, false or an object; got null.'],
  [true, '`retry` of step "a" of pipeline "p" must be a number, false or an object; got true.'],
  [0, '`retry.maxAttempts` of step "a" of pipeline "p" must be a whole number from 1 up, or Infinity; got 0.'],
  [{ budget: { retries: 1, per: 1 } }, '`retry.budget` of step "a" of pipeline "p" must be left out'],
  [{ toString: 2 }, '`retry.toString` of step "a" of pipeline "p" must be left out'],
  [
    { maxRetries: 2 },
    '`retry.maxRetries` of step "a" of pipeline "p" must be left out: the options are maxAttempts, backoff',
  ],
])('`retry: %o` is refused', async (option, message) => {
  const defined = pipeline('p', (p) => p.step('a', { run: () => 1, retry: option as number }))
  const error = await createPipe({ plugins: [retry()] })
    .run(defined)
    .catch((error: unknown) => error as PipelineError)
  expect(error).toMatchObject({ code: 'OPTION_INVALID', message: expect.stringContaining(message) as unknown })
})

test('defaults that are changed later change nothing', async () => {
  const defaults = { maxAttempts: 2 }
  const plugin = retry(defaults)
  defaults.maxAttempts = -1
  const run = vi.fn(() => 1)
  expect(await createPipe({ plugins: [plugin] }).run(pipeline('p', (p) => p.step('a', { run })))).toBe(1)
})
