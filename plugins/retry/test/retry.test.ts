import { createPipe, definePlugin, type Pipeline, pipeline, PipelineError, type, type Plugin } from '@pipe/core'
import { fakeClock, recordHooks, turn } from '@pipe/testing'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { retry, type RetryDefaults, type RetryOptions } from '../src/index.ts'

let clock = fakeClock()
beforeEach(() => {
  clock = fakeClock()
})

type Inner = Pipeline<void, number>

const boom = new Error('boom')
const pipeOf = (defaults?: RetryDefaults, ...more: readonly Plugin[]) =>
  createPipe({ plugins: [retry(defaults), ...more], clock, random: () => 0.5 })

/** A function that fails so many times, then answers with the number of its attempt. */
const failing = (times: number, error: unknown = boom) =>
  vi.fn((_: unknown, { attempt }: { readonly attempt: number }) => {
    if (attempt <= times) throw error
    return attempt
  })

/** Runs one step, lets its time pass, and says what became of it and how long each wait was. */
async function outcome(run: ReturnType<typeof failing>, option?: number | false | RetryOptions, pipe = pipeOf()) {
  const step = pipeline('p', (p) => p.step('a', { run, ...(option !== undefined && { retry: option }) }))
  const hooks = recordHooks(pipe)
  const { result } = pipe.start(step)
  await clock.advance('1d')
  const { output, steps } = await result
  hooks.stop()
  return {
    output,
    error: steps['a']?.error?.message,
    attempts: steps['a']?.attempts,
    waits: hooks.of('step:retry').map(({ delayMs }) => delayMs),
  }
}

describe('a step that fails', () => {
  test('is tried again until it succeeds', async () => {
    expect(await outcome(failing(2), 5)).toEqual({ output: 3, attempts: 3, error: undefined, waits: [500, 1_000] })
  })

  test('fails with its own last error when the attempts are used up', async () => {
    const run = vi.fn((_: unknown, { attempt }: { readonly attempt: number }): number => {
      throw new Error(`attempt ${attempt}`)
    })
    const pipe = pipeOf()
    const running = pipe.run(pipeline('p', (p) => p.step('a', { retry: 3, run })))
    const failed = expect(running).rejects.toMatchObject({ code: 'STEP_FAILED', cause: { message: 'attempt 3' } })
    await clock.advance('1m')
    await failed
    expect(run).toHaveBeenCalledTimes(3)
  })

  test('waits as its options say', async () => {
    const option: RetryOptions = {
      maxAttempts: 4,
      backoff: 'linear',
      initialDelay: '10s',
      maxDelay: '25s',
      jitter: 'none',
    }
    expect((await outcome(failing(3), option)).waits).toEqual([10_000, 20_000, 25_000])
  })

  test('waits one second, then twice as long each time, up to a minute, when nothing is said', async () => {
    const { waits } = await outcome(failing(8), { maxAttempts: 9, jitter: 'none' })
    expect(waits).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000])
  })

  test('is tried three times when the option does not say how often', async () => {
    expect(await outcome(failing(9), {})).toMatchObject({ attempts: 3, error: 'boom' })
  })

  test('is told to observers each time: which attempt failed, with what, how long the wait is and until when', async () => {
    const pipe = pipeOf({ jitter: 'none' })
    const hooks = recordHooks(pipe)
    const { id, result } = pipe.start(pipeline('p', (p) => p.step('a', { run: failing(2), retry: 3 })))
    const began = clock.now()
    await clock.advance('1m')
    await result
    const common = { type: 'step:retry', runId: id, pipeline: 'p', stepId: 'a', error: boom }
    expect(hooks.of('step:retry')).toEqual([
      { ...common, at: began, attempt: 1, delayMs: 1_000, retryAt: began + 1_000 },
      { ...common, at: began + 1_000, attempt: 2, delayMs: 2_000, retryAt: began + 3_000 },
    ])
  })

  test('is not called before its time', async () => {
    const run = failing(1)
    const { result } = pipeOf().start(pipeline('p', (p) => p.step('a', { run, retry: { jitter: 'none' } })))
    await clock.advance(999)
    expect(run).toHaveBeenCalledTimes(1)
    await clock.advance(1)
    expect(run).toHaveBeenCalledTimes(2)
    expect((await result).output).toBe(2)
  })

  test.each([
    ['1', 1],
    ['false', false],
  ] as const)('is not tried again with `retry: %s`', async (_, option) => {
    expect(await outcome(failing(9), option, pipeOf({ maxAttempts: 5 }))).toMatchObject({ attempts: 1 })
  })

  test('is tried for as long as it takes with `maxAttempts: Infinity`', async () => {
    expect(await outcome(failing(50), { maxAttempts: Infinity, initialDelay: 0, jitter: 'none' })).toMatchObject({
      output: 51,
    })
  })
})

describe('defaults of the plugin', () => {
  test('do not retry steps without the option when they do not say how often', async () => {
    expect(await outcome(failing(1), undefined, pipeOf({ initialDelay: 5 }))).toMatchObject({
      attempts: 1,
      error: 'boom',
    })
  })

  test('with `maxAttempts` hold for every step', async () => {
    expect(await outcome(failing(1), undefined, pipeOf({ maxAttempts: 2 }))).toMatchObject({ attempts: 2, output: 2 })
  })

  test('fill in what a step leaves out', async () => {
    const pipe = pipeOf({ jitter: 'none', initialDelay: '3s' })
    expect((await outcome(failing(2), { factor: 3 }, pipe)).waits).toEqual([3_000, 9_000])
  })

  test('are overridden by a map for its items', async () => {
    const run = vi.fn(() => {
      throw boom
    })
    const map = pipeline('p', (p) => p.map('m', { over: () => [1], retry: { initialDelay: '3s' }, run }))
    const pipe = pipeOf({ maxAttempts: 2, initialDelay: '9s', jitter: 'none' })
    const hooks = recordHooks(pipe)
    const { result } = pipe.start(map)
    await clock.advance('1m')
    expect((await result).steps['m[0]']).toMatchObject({ status: 'failed', attempts: 2 })
    expect(hooks.of('step:retry')).toMatchObject([{ stepId: 'm[0]', delayMs: 3_000 }])
  })

  test('are not overridden by an explicit undefined', async () => {
    const pipe = pipeOf({ jitter: 'none', initialDelay: '3s' })
    const option = { initialDelay: undefined } as unknown as RetryOptions
    expect((await outcome(failing(1), option, pipe)).waits).toEqual([3_000])
  })

  test.each<[string, (inner: Inner) => Pipeline<void, unknown>]>([
    ['a call', (inner) => pipeline('p', (p) => p.call('a', inner, { input: () => undefined }))],
    ['an item', (inner) => pipeline('p', (p) => p.map('a', { over: () => [undefined], run: inner }))],
  ])('do not multiply attempts: %s is not retried around steps that are', async (_, around) => {
    const run = failing(9)
    const inner: Inner = pipeline('inner', (p) => p.step('b', { run }))
    const { result } = pipeOf({ maxAttempts: 3 }).start(around(inner))
    await clock.advance('1h')
    expect((await result).status).toBe('failed')
    expect(run).toHaveBeenCalledTimes(3)
  })
})

describe('a call', () => {
  test('is run again as a whole when it asks for it', async () => {
    let calls = 0
    const inner = pipeline('inner', (p) =>
      p.step('b', {
        run: () => {
          if (++calls < 3) throw boom
          return calls
        },
      }),
    )
    const { result } = pipeOf().start(pipeline('p', (p) => p.call('a', inner, { retry: 3, input: () => undefined })))
    await clock.advance('1h')
    expect(await result).toMatchObject({ output: 3, steps: { a: { attempts: 3 } } })
  })
})

describe('a map', () => {
  test('retries its items one by one, and never starts over', async () => {
    const over = vi.fn(() => ['a', 'b', 'c'])
    const seen: string[] = []
    const defined = pipeline('p', (p) =>
      p.map('m', {
        over,
        retry: 3,
        run: (item, { attempt }) => {
          seen.push(`${item}${attempt}`)
          if (item === 'b' && attempt < 3) throw boom
          return item
        },
      }),
    )
    const { result } = pipeOf().start(defined)
    await clock.advance('1m')
    expect((await result).output).toEqual(['a', 'b', 'c'])
    expect(seen).toEqual(['a1', 'b1', 'c1', 'b2', 'b3'])
    expect(over).toHaveBeenCalledTimes(1)
  })

  test('fails when an item does, without another attempt of the map', async () => {
    const over = vi.fn(() => [1])
    const run = vi.fn(() => {
      throw boom
    })
    const { result } = pipeOf().start(pipeline('p', (p) => p.map('m', { over, retry: 2, run })))
    await clock.advance('1m')
    expect((await result).steps).toMatchObject({ m: { status: 'failed', attempts: 1 }, 'm[0]': { attempts: 2 } })
    expect(over).toHaveBeenCalledTimes(1)
  })
})

describe('`retryIf`', () => {
  test('is asked with the error and the attempt, and no ends it', async () => {
    const retryIf = vi.fn((_: unknown, attempt: number) => attempt < 2)
    expect(await outcome(failing(9), { maxAttempts: 5, retryIf })).toMatchObject({ attempts: 2, error: 'boom' })
    expect(retryIf.mock.calls).toEqual([
      [boom, 1],
      [boom, 2],
    ])
  })

  test('is not asked after the last attempt', async () => {
    const retryIf = vi.fn(() => true)
    await outcome(failing(9), { maxAttempts: 2, retryIf })
    expect(retryIf).toHaveBeenCalledTimes(1)
  })

  test.each([
    [
      'throws',
      () => {
        throw new Error('no idea')
      },
      'no idea',
    ],
    ['answers with a promise', () => Promise.resolve(false) as unknown as boolean, 'answered object [object Promise]'],
    ['answers with nothing', () => undefined as unknown as boolean, 'answered undefined'],
  ])('that %s ends the step, and what failed is not lost', async (_, retryIf, complaint) => {
    const pipe = pipeOf()
    const running = pipe.run(pipeline('p', (p) => p.step('a', { run: failing(9), retry: { retryIf } })))
    const error: unknown = await running.catch((error: unknown) => (error as PipelineError).cause)
    expect(error).toMatchObject({ code: 'OPTION_INVALID', step: 'a', plugin: 'retry' })
    expect(error).toMatchObject({
      message: expect.stringContaining(complaint) as unknown,
      cause: { errors: [expect.anything(), boom] },
    })
    expect(error).toMatchObject({ message: expect.stringMatching(/`retry.retryIf` of step "a".*boom/) as unknown })
  })
})

describe('an error that says when to come back', () => {
  const busy = (value: string) =>
    Object.assign(new Error('busy'), { response: { headers: new Headers({ 'Retry-After': value }) } })

  test('is obeyed, beyond `maxDelay` too', async () => {
    expect((await outcome(failing(1, busy('90')), 2)).waits).toEqual([90_000])
  })

  test('in the form of a date is obeyed', async () => {
    expect((await outcome(failing(1, busy('Thu, 01 Jan 2026 00:00:30 GMT')), 2)).waits).toEqual([30_000])
  })

  test('does not make the wait shorter', async () => {
    expect((await outcome(failing(1, busy('0')), { jitter: 'none' })).waits).toEqual([1_000])
  })

  test('is not waited for when `maxElapsed` ends before', async () => {
    expect(await outcome(failing(1, busy('90')), { maxElapsed: '1m' })).toMatchObject({ attempts: 1, error: 'busy' })
  })

  test('is read by `retryAfter` when there is one', async () => {
    const retryAfter = vi.fn((error: unknown) => (error === boom ? 7_000 : undefined))
    expect((await outcome(failing(1), { retryAfter })).waits).toEqual([7_000])
    expect(retryAfter).toHaveBeenCalledWith(boom, Date.UTC(2026, 0, 1))
  })

  test.each([-1, NaN, Infinity, '5s'])('cannot say %o', async (answer) => {
    const option: RetryOptions = { retryAfter: () => answer as number }
    expect((await outcome(failing(1), option)).error).toMatch(/`retry.retryAfter` of step "a" could not decide/)
  })
})

describe('`maxElapsed`', () => {
  test('lets no attempt start later than that after the first', async () => {
    const option: RetryOptions = { maxAttempts: 99, backoff: 'constant', jitter: 'none', maxElapsed: '3s' }
    expect(await outcome(failing(99), option)).toMatchObject({ attempts: 4, waits: [1_000, 1_000, 1_000] })
  })

  test('counts the time that attempts take', async () => {
    const run = vi.fn(() => new Promise<never>((_, reject) => void clock.setTimeout(() => reject(boom), 2_500)))
    const option: RetryOptions = { backoff: 'constant', jitter: 'none', maxElapsed: '5s' }
    const { result } = pipeOf().start(pipeline('p', (p) => p.step('a', { run, retry: option })))
    await clock.advance('1m')
    expect((await result).steps['a']).toMatchObject({ attempts: 2, durationMs: 6_000 })
  })
})

describe('the budget', () => {
  const three: RetryDefaults = { maxAttempts: 2, initialDelay: 0, budget: { retries: 3, per: '1m' } }
  const many = (run: (n: number) => number) =>
    pipeline('p', (p) => p.map('m', { over: () => [...Array(10).keys()], optionalItems: true, run }))

  test('is shared by all steps and runs of the pipe', async () => {
    const pipe = pipeOf(three)
    const run = vi.fn(() => {
      throw boom
    })
    const runs = [pipe.start(many(run)), pipe.start(many(run))]
    await clock.advance(1)
    await Promise.all(runs.map(({ result }) => result))
    expect(run).toHaveBeenCalledTimes(10 + 10 + 3)
  })

  test('refills with time', async () => {
    const pipe = pipeOf(three)
    const run = vi.fn(() => {
      throw boom
    })
    for (const expected of [13, 10 + 1]) {
      run.mockClear()
      const { result } = pipe.start(many(run))
      await clock.advance('20s')
      await result
      expect(run).toHaveBeenCalledTimes(expected)
    }
  })

  test('is not another pipe’s', async () => {
    expect(await outcome(failing(1), undefined, pipeOf(three))).toMatchObject({ attempts: 2 })
    expect(await outcome(failing(1), undefined, pipeOf(three))).toMatchObject({ attempts: 2 })
  })
})

describe('an abort', () => {
  test('during the wait ends the run at once, and the step is never called again', async () => {
    const run = failing(9)
    const started = pipeOf().start(pipeline('p', (p) => p.step('a', { run, retry: { initialDelay: '1m' } })))
    await clock.advance(1)
    expect(clock.timers).toBe(1)
    started.cancel('enough')
    expect(await started.result).toMatchObject({ status: 'cancelled', steps: { a: { status: 'cancelled' } } })
    expect(clock.timers).toBe(0)
    await clock.advance('1d')
    expect(run).toHaveBeenCalledTimes(1)
  })

  test.each([
    ['CANCELLED', 1],
    ['SHUTDOWN', 1],
    ['LEASE_LOST', 1],
    ['TIMEOUT', 3],
  ] as const)('with the reason %s makes %d attempt(s)', async (code, attempts) => {
    const aborting = definePlugin({
      name: 'aborting',
      attempt: () => (ctx, next) => {
        ctx.abort(new PipelineError(code, 'over'))
        return next()
      },
    })
    expect(await outcome(failing(9), 3, pipeOf({}, aborting))).toMatchObject({ attempts })
  })
})

describe('an attempt that was ended and has not returned', () => {
  const impatient = definePlugin({
    name: 'impatient',
    attempt: () => (ctx, next) => {
      if (ctx.attempt === 1) clock.setTimeout(() => ctx.abort(new PipelineError('TIMEOUT', 'over')), 100)
      return next()
    },
  })
  const slow = () => {
    const first = Promise.withResolvers<number>()
    const run = vi.fn((_: unknown, { attempt }: { readonly attempt: number }) =>
      attempt === 1 ? first.promise : attempt,
    )
    return { first, run }
  }

  test('is not overlapped by the next one', async () => {
    const { first, run } = slow()
    const { result } = pipeOf({}, impatient).start(
      pipeline('p', (p) => p.step('a', { run, retry: { initialDelay: 0 } })),
    )
    await clock.advance('1h')
    expect(run).toHaveBeenCalledTimes(1)
    first.resolve(1)
    await clock.advance(1)
    expect(await result).toMatchObject({ output: 2 })
  })

  test('is overlapped when the option says so', async () => {
    const { run } = slow()
    const option: RetryOptions = { initialDelay: 0, overlap: true }
    const { result } = pipeOf({}, impatient).start(pipeline('p', (p) => p.step('a', { run, retry: option })))
    await clock.advance('1h')
    expect(await result).toMatchObject({ output: 2, steps: { a: { attempts: 2 } } })
  })
})

test('has nothing to do with a step that has no option', () => {
  const step = {
    pipeline: 'p',
    id: 'a',
    kind: 'step',
    runs: 'function',
    undoable: false,
    options: {},
    optional: false,
    version: undefined,
  } as const
  expect(retry().policy?.(step)).toBeUndefined()
  expect(retry({ maxAttempts: 1 }).policy?.(step)).toBeUndefined()
  expect(retry({ maxAttempts: 2 }).policy?.({ ...step, kind: 'map' })).toBeUndefined()
})

test('two runs at once do not know of each other', async () => {
  const pipe = pipeOf({ jitter: 'none' })
  const flaky = pipeline('p', { input: type<number>() }, (p) =>
    p.step('a', {
      retry: 5,
      run: ({ input }, { attempt }) => {
        if (attempt < input) throw boom
        return attempt
      },
    }),
  )
  const runs = [2, 4].map((n) => pipe.run(flaky, n))
  await turn()
  await clock.advance('1m')
  expect(await Promise.all(runs)).toEqual([2, 4])
})
