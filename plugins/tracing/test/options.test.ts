import { createPipe, pipeline, type StepOptions } from '@pipe/core'
import { describe, expect, test } from 'vitest'
import { tracing, type TracingDefaults } from '../src/index.ts'

const refusal = (defaults: unknown) => () => tracing(defaults as TracingDefaults)

describe('defaults', () => {
  test.each([
    [null, '`options` of tracing() must be an object; got null.'],
    ['all', "`options` of tracing() must be an object; got 'all'."],
    [{ attempts: 'some' }, "`attempts` of tracing() must be one of 'all', 'repeated', 'none'; got 'some'."],
    [{ items: 1.5 }, '`items` of tracing() must be a whole number from 0 up, or Infinity; got 1.5.'],
    [{ items: NaN }, 'got NaN.'],
    [{ items: '5' }, "got '5'."],
    [{ tracer: {} }, '`tracer` of tracing() must be a tracer of OpenTelemetry; got this object.'],
    [{ links: [] }, '`links` of tracing() must be a function; got [].'],
    [
      { exporter: 1 },
      '`exporter` of tracing() must be left out: the options are attempts, items, tracer, links; got 1.',
    ],
    [{ toString: 1 }, '`toString` of tracing() must be left out'],
  ])('that are wrong are refused: %j', (defaults, message) => {
    expect(refusal(defaults)).toThrow(
      expect.objectContaining({
        code: 'OPTION_INVALID',
        plugin: 'tracing',
        message: expect.stringContaining(message) as string,
      }),
    )
  })

  test.each([{}, { items: 0 }, { items: Infinity, attempts: 'none' }, { tracer: undefined, attempts: undefined }])(
    'that are right are taken: %j',
    (defaults) => {
      expect(refusal(defaults)).not.toThrow()
    },
  )
})

describe('the option of a step', () => {
  const run = (tracingOption: unknown) =>
    createPipe({ plugins: [tracing()] }).run(
      pipeline('p', (p) => p.step('a', { ...({ tracing: tracingOption } as StepOptions), run: () => 1 })),
    )

  test.each([
    [true, '`tracing` of step "a" of pipeline "p" must be false or an object; got true.'],
    [null, '`tracing` of step "a" of pipeline "p" must be false or an object; got null.'],
    [
      { attempts: 'never' },
      "`tracing.attempts` of step \"a\" of pipeline \"p\" must be one of 'all', 'repeated', 'none'",
    ],
    [{ tracer: {} }, '`tracing.tracer` of step "a" of pipeline "p" must be left out: the options are attempts, items'],
  ])('is refused when it is wrong: %j', async (option, message) => {
    await expect(async () => run(option)).rejects.toMatchObject({
      code: 'OPTION_INVALID',
      plugin: 'tracing',
      pipeline: 'p',
      step: 'a',
      message: expect.stringContaining(message) as string,
    })
  })

  test.each([false, {}, { items: 3 }, { attempts: 'all', items: undefined }])(
    'is taken when it is right: %j',
    async (option) => {
      expect(await run(option)).toBe(1)
    },
  )
})
