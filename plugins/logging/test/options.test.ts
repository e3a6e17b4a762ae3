import { createPipe, pipeline } from '@pipe/core'
import { describe, expect, test, vi } from 'vitest'
import { logging, type LoggerLike, type LoggingOptions, type StepLogOptions } from '../src/index.ts'
import { capture } from './support/capture.ts'

const refusal = (logger: unknown, options?: unknown): unknown => {
  try {
    logging(logger as LoggerLike, options as LoggingOptions)
  } catch (error) {
    return error
  }
  return undefined
}
const nothing = () => undefined
const small: LoggerLike = { debug: nothing, info: nothing, warn: nothing, error: nothing }

describe('logging(logger)', () => {
  test.each([
    [undefined, 'undefined'],
    [null, 'null'],
    ['pino', "'pino'"],
    [{ info: nothing }, 'this object'],
    [nothing, 'this function'],
  ])('refuses %o', (logger, shown) => {
    const error = refusal(logger)
    expect(error).toMatchObject({ code: 'OPTION_INVALID', plugin: 'logging' })
    expect((error as Error).message).toContain(
      '`logger` of logging() must be pino(), console, or an object with debug,',
    )
    expect((error as Error).message).toContain(`got ${shown.slice(0, 5)}`)
  })
})

describe('logging(logger, options)', () => {
  test.each([
    [null, 'options', 'an object; got null'],
    [{ level: 'info' }, 'level', 'left out: the options are levels, input, output, redact, sample, maxLength, fields'],
    [{ levels: [] }, 'levels', 'an object; got []'],
    [{ levels: { 'step:end': 'info' } }, 'levels.step:end', 'left out: the options are run:start, run:pause'],
    [
      { levels: { 'step:start': 'loud' } },
      'levels.step:start',
      "false or one of trace, debug, info, warn, error, fatal; got 'loud'",
    ],
    [
      { levels: { 'step:start': 'trace' } },
      'levels.step:start',
      "a level that this logger has a method for; got 'trace'",
    ],
    [{ levels: { 'step:start': true } }, 'levels.step:start', 'got true'],
    [{ input: 1 }, 'input', 'true or false; got 1'],
    [{ output: 'all' }, 'output', "true or false; got 'all'"],
    [{ redact: true }, 'redact', 'false or an object; got true'],
    [{ redact: { path: [] } }, 'redact.path', 'left out: the options are paths, keys, patterns'],
    [{ redact: { paths: ['a.b', 'a['] } }, 'redact.paths', "a list of paths such as 'user.email'"],
    [{ sample: 10 }, 'sample', 'false or an object { first, every }; got 10'],
    [{ sample: { first: -1 } }, 'sample.first', 'a whole number from 0 up; got -1'],
    [{ sample: { every: 0 } }, 'sample.every', 'a whole number from 1 up, or Infinity; got 0'],
    [{ sample: { each: 5 } }, 'sample.each', 'left out: the options are first, every'],
    [{ maxLength: 63 }, 'maxLength', 'a whole number from 64 up; got 63'],
    [{ maxLength: Infinity }, 'maxLength', 'a whole number from 64 up; got Infinity'],
    [{ fields: { a: 1 } }, 'fields', 'a function; got this object'],
  ])('refuses %o', (options, option, complaint) => {
    const error = refusal(small, options)
    expect(error).toMatchObject({ code: 'OPTION_INVALID', plugin: 'logging' })
    expect((error as Error).message).toContain(`\`${option}\` of logging() must be `)
    expect((error as Error).message).toContain(complaint)
  })

  test.each([
    undefined,
    {},
    {
      levels: undefined,
      input: undefined,
      redact: undefined,
      sample: undefined,
      maxLength: undefined,
      fields: undefined,
    },
    { levels: { 'step:start': undefined, 'run:start': false } },
    { redact: false, sample: false },
    { redact: { paths: ['a[*].b', '["x-y"]'], keys: ['iban', /x/], patterns: [/y/] } },
    { sample: { first: 0, every: Infinity }, maxLength: 64 },
  ])('takes %o', (options) => {
    expect(refusal(small, options)).toBeUndefined()
  })

  test('takes no notice of what becomes of the options afterwards', async () => {
    const { logger, said } = capture()
    const levels: LoggingOptions['levels'] = { 'step:start': false }
    const pipe = createPipe({ plugins: [logging(logger, { levels })] })
    Object.assign(levels, { 'step:start': 'fatal' })
    await pipe.run(pipeline('p', (p) => p.step('a', { run: () => 1 })))
    expect(said()).not.toContain('fatal step a started')
  })

  test('console has a way for every level', () => {
    expect(refusal(console, { levels: { 'step:start': 'trace', 'step:failed': 'fatal' } })).toBeUndefined()
  })
})

describe('the option `log` of a step', () => {
  test.each([
    [{ log: 'debug' }, 'log', "false or an object; got 'debug'"],
    [{ log: null }, 'log', 'false or an object; got null'],
    [{ log: { level: false } }, 'log.level', 'one of trace, debug, info, warn, error, fatal; got false'],
    [{ log: { level: 'fatal' } }, 'log.level', "a level that the logger has a method for; got 'fatal'"],
    [{ log: { output: 'yes' } }, 'log.output', "true or false; got 'yes'"],
    [{ log: { redact: false } }, 'log.redact', 'left out: the options are level, input, output'],
  ])('%o is refused before anything starts', async (options, option, complaint) => {
    const run = vi.fn(() => 1)
    const defined = pipeline('p', (p) => p.step('a', { run, ...(options as unknown as { log: StepLogOptions }) }))
    const error: unknown = await createPipe({ plugins: [logging(small)] })
      .run(defined)
      .catch((error: unknown) => error)
    expect(error).toMatchObject({ code: 'OPTION_INVALID', plugin: 'logging', pipeline: 'p', step: 'a' })
    expect((error as Error).message).toContain(`\`${option}\` of step "a" of pipeline "p" must be ${complaint}`)
    expect(run).not.toHaveBeenCalled()
  })
})
