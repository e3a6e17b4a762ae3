import {
  type AttemptContext,
  type AttemptMiddleware,
  createPipe,
  derive,
  pipeline,
  PipelineError,
  type Plugin,
  type StepContext,
  type,
} from '@pipe/core'
import { describe, expect, test, vi } from 'vitest'
import { rejectionOf } from './support/errors.ts'
import { turn } from './support/fake-clock.ts'

const pluginOf = (layer: AttemptMiddleware, i = 0): Plugin => ({
  name: `plugin${i}`,
  attempt: ({ id, kind }) => (id === 'a' && kind !== 'map' ? layer : undefined),
})
const around = (...layers: readonly AttemptMiddleware[]) => createPipe({ plugins: layers.map(pluginOf) })
const again: Plugin = {
  name: 'again',
  policy:
    () =>
    ({ attempt }) =>
      attempt < 3 ? { retryAt: 0 } : undefined,
}

const boom = new Error('boom')
const works = pipeline('p', { input: type<number>() }, (p) => p.step('a', { run: ({ input }) => input + 1 }))
const never = pipeline('p', (p) => p.step('a', { run: () => new Promise<number>(() => undefined) }))

describe('an attempt middleware', () => {
  test('wraps every attempt; the first plugin is the outermost, inside of step middleware', async () => {
    const log: string[] = []
    const layer =
      (name: string): AttemptMiddleware =>
      async ({ attempt }, next) => {
        log.push(`${name}${attempt}>`)
        try {
          return await next()
        } finally {
          log.push(`<${name}${attempt}`)
        }
      }
    const flaky = pipeline('p', (p) =>
      p.step('a', { run: (_, { attempt }) => (attempt < 2 ? Promise.reject(boom) : attempt) }),
    )
    const plugins: readonly Plugin[] = [
      pluginOf(layer('a'), 0),
      pluginOf(layer('b'), 1),
      { name: 'step', step: () => layer('step') as never },
      again,
    ]
    expect(await createPipe({ plugins }).run(flaky)).toBe(2)
    expect(log).toEqual(['step1>', 'a1>', 'b1>', '<b1', '<a1', 'a2>', 'b2>', '<b2', '<a2', '<step1'])
  })

  test('may change the output, answer in place of the function, and call it again', async () => {
    expect(await around(async (_, next) => ((await next()) as number) * 10).run(works, 1)).toBe(20)
    expect(await around(() => 'cached').run(works, 1)).toBe('cached')
    const calls = vi.fn(() => 1)
    await around(async (_, next) => (await next(), next())).run(pipeline('p', (p) => p.step('a', { run: calls })))
    expect(calls).toHaveBeenCalledTimes(2)
  })

  test.each([
    [
      'at once',
      () => {
        throw boom
      },
    ],
    ['later', () => Promise.reject(boom)],
  ])('that throws %s fails the attempt', async (_, layer) => {
    expect(await rejectionOf(around(layer).run(works, 1))).toMatchObject({ step: 'a', cause: boom })
  })

  test('that answers does not make the step restored: it was attempted', async () => {
    const { steps } = await around(() => 'cached').start(works, 1).result
    expect(steps['a']).toMatchObject({ status: 'succeeded', attempts: 1 })
  })

  test('derives a context with a signal of its own for what is inside', async () => {
    const controller = new AbortController()
    const layer: AttemptMiddleware = (ctx, next) => next(derive(ctx, { signal: controller.signal }))
    const defined = pipeline('p', (p) => p.step('a', { run: (_, { signal, stepId }) => [signal, stepId] }))
    expect(await around(layer).run(defined)).toEqual([controller.signal, 'a'])
  })

  test('stops pipelines inside by the signal it derived', async () => {
    const controller = new AbortController()
    const inner = pipeline('inner', (p) =>
      p.step('leaf', {
        run: (_, { signal }) =>
          new Promise((_, no) => signal.addEventListener('abort', () => no(signal.reason as Error))),
      }),
    )
    const pipe = around((ctx, next) => next(derive(ctx, { signal: controller.signal })))
    const started = pipe.start(pipeline('p', (p) => p.call('a', inner, { input: () => undefined })))
    await turn()
    controller.abort(new PipelineError('TIMEOUT', 'late'))
    expect((await started.result).steps).toMatchObject({
      a: { status: 'failed', error: { code: 'TIMEOUT' } },
      'a/leaf': { status: 'cancelled', reason: 'timeout' },
    })
  })

  test('cannot call next when the attempt has settled', async () => {
    let late: (() => unknown) | undefined
    await around((_, next) => {
      late = next
      return next()
    }).run(works, 1)
    expect(() => late?.()).toThrow(expect.objectContaining({ code: 'NEXT_AFTER_SETTLE', step: 'a' }))
  })
})

describe('abort', () => {
  const late = new PipelineError('TIMEOUT', 'late')

  test('ends the attempt as failed with its reason, although the function has not returned', async () => {
    const pipe = around(({ abort }, next) => {
      void turn().then(() => abort(late))
      return next()
    })
    const { status, steps } = await pipe.start(never).result
    expect(status).toBe('failed')
    expect(steps['a']).toMatchObject({ status: 'failed', attempts: 1, stillRunning: true, error: { code: 'TIMEOUT' } })
  })

  test('aborts the signal of the attempt with its reason', async () => {
    let reason: unknown
    const listens = pipeline('p', (p) =>
      p.step('a', {
        run: (_, { signal }) => {
          signal.addEventListener('abort', () => (reason = signal.reason as unknown))
          return new Promise<number>(() => undefined)
        },
      }),
    )
    const pipe = around(({ abort }, next) => {
      void turn().then(() => abort(late))
      return next()
    })
    await rejectionOf(pipe.run(listens))
    expect(reason).toBe(late)
  })

  test('stops a pipeline inside first, and then fails with its reason', async () => {
    const inner = pipeline('inner', (p) =>
      p.step('leaf', {
        run: (_, { signal }) =>
          new Promise((_, no) => signal.addEventListener('abort', () => no(signal.reason as Error))),
      }),
    )
    const pipe = around(({ abort }, next) => {
      void turn().then(() => abort(late))
      return next()
    })
    const { steps } = await pipe.start(pipeline('p', (p) => p.call('a', inner, { input: () => undefined }))).result
    expect(steps['a']).toMatchObject({ status: 'failed', error: { code: 'TIMEOUT' } })
    expect(steps['a']).not.toHaveProperty('stillRunning')
    expect(steps['a/leaf']).toMatchObject({ status: 'cancelled', reason: 'timeout' })
  })

  test('takes any error as a reason', async () => {
    const pipe = around(({ abort }, next) => {
      void turn().then(() => abort(boom))
      return next()
    })
    expect(await rejectionOf(pipe.run(never))).toMatchObject({ cause: boom })
  })

  test('is ignored when the attempt has settled', async () => {
    let ctx: AttemptContext | undefined
    const started = around((given, next) => ((ctx = given), next())).start(works, 1)
    await started.result
    ctx?.abort(late)
    expect(started.status).toBe('succeeded')
    expect(ctx?.signal.aborted).toBe(false)
  })
})

describe('defer', () => {
  const outcomes: Record<string, (ctx: AttemptContext, next: () => unknown) => unknown> = {
    'it succeeds': (_, next) => next(),
    'it fails': () => Promise.reject(boom),
    'it is aborted': ({ abort }, next) => (abort(boom), next()),
  }
  test.each(Object.entries(outcomes))('cleans up once when %s', async (_, outcome) => {
    const cleanup = vi.fn()
    const pipe = around((ctx, next) => {
      ctx.defer(cleanup)
      return outcome(ctx, next)
    })
    await pipe.start(works, 1).result
    expect(cleanup).toHaveBeenCalledTimes(1)
  })

  test('cleans up after every attempt, before the next one', async () => {
    const log: string[] = []
    const flaky = pipeline('p', (p) =>
      p.step('a', {
        run: (_, { attempt }) => {
          log.push(`run ${attempt}`)
          if (attempt < 3) throw boom
        },
      }),
    )
    const layer: AttemptMiddleware = ({ attempt, defer }, next) => {
      defer(() => log.push(`cleanup ${attempt}`))
      return next()
    }
    await createPipe({ plugins: [pluginOf(layer), again] }).run(flaky)
    expect(log).toEqual(['run 1', 'cleanup 1', 'run 2', 'cleanup 2', 'run 3', 'cleanup 3'])
  })

  test('cleans up at once when the attempt has settled', async () => {
    let ctx: AttemptContext | undefined
    await around((given, next) => ((ctx = given), next())).run(works, 1)
    const cleanup = vi.fn()
    ctx?.defer(cleanup)
    expect(cleanup).toHaveBeenCalledTimes(1)
  })

  test('cleans up the rest when one cleanup throws, which is reported and changes nothing', async () => {
    const onError = vi.fn()
    const cleanup = vi.fn()
    const layer: AttemptMiddleware = async ({ defer }, next) => {
      defer(() => {
        throw boom
      })
      defer(cleanup)
      return next()
    }
    expect(await createPipe({ plugins: [pluginOf(layer)], onError }).run(works, 1)).toBe(2)
    expect(cleanup).toHaveBeenCalledTimes(1)
    expect(onError).toHaveBeenCalledWith(expect.objectContaining({ cause: boom }))
  })
})

describe('an attempt middleware that answers before the function has returned', () => {
  /** Work that counts how many of it run at a time, and heeds its signal or not. */
  const worker = () => {
    const seen = { running: 0, most: 0, aborted: 0, calls: 0 }
    const work = async (_: unknown, { signal }: StepContext) => {
      seen.calls++
      seen.most = Math.max(seen.most, ++seen.running)
      signal.addEventListener('abort', () => seen.aborted++)
      for (let i = 0; i < 5; i++) await turn()
      seen.running--
      return 'late'
    }
    return { seen, work }
  }
  const early = (answer: () => unknown): Plugin => ({
    name: 'early',
    attempt: () => (_, next) => Promise.race([next(), turn().then(answer)]),
  })

  test('stops it by its signal, and the result says that it still runs', async () => {
    const { seen, work } = worker()
    const pipe = createPipe({ plugins: [early(() => 'early')] })
    const { output, steps } = await pipe.start(pipeline('p', (p) => p.step('a', { run: work }))).result
    expect({ output, ...seen }).toEqual({ output: 'early', running: 1, most: 1, aborted: 1, calls: 1 })
    expect(steps['a']).toMatchObject({ status: 'succeeded', output: 'early', stillRunning: true })
    while (seen.running > 0) await turn()
  })

  test('is tried again only when it has returned', async () => {
    const { seen, work } = worker()
    const tooSlow = early(() => Promise.reject(new Error('too slow')))
    const thrice: Plugin = {
      name: 'thrice',
      policy:
        () =>
        ({ attempt }) =>
          attempt < 3 ? { retryAt: 0 } : undefined,
    }
    const { status } = await createPipe({ plugins: [thrice, tooSlow] }).start(
      pipeline('p', (p) => p.step('a', { run: work })),
    ).result
    expect({ status, ...seen }).toMatchObject({ status: 'failed', most: 1, aborted: 3, calls: 3 })
    while (seen.running > 0) await turn()
  })

  test('cannot run a pipeline twice at a time', async () => {
    const inner = pipeline('inner', (p) => p.step('leaf', { run: turn }))
    const defined = pipeline('p', (p) => p.call('a', inner))
    const hedged: AttemptMiddleware = async (_, next) => {
      const first = Promise.resolve(next()).catch(() => undefined)
      try {
        return await next()
      } finally {
        await first
      }
    }
    const hedge: Plugin = {
      name: 'hedge',
      attempt: (step) => (step.id === 'a' ? hedged : undefined),
    }
    const { cause } = await rejectionOf(createPipe({ plugins: [hedge] }).run(defined))
    expect(cause).toMatchObject({ code: 'PLUGIN_INVALID', step: 'a' })
  })
})
