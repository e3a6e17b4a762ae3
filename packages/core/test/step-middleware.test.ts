import {
  createPipe,
  derive,
  isolated,
  isSkip,
  type Pipeline,
  pipeline,
  type PipelineError,
  type Plugin,
  skip,
  type StartOptions,
  type StepContext,
  type StepMiddleware,
  type,
} from '@pipe/core'
import { describe, expect, test, vi } from 'vitest'
import { rejectionOf } from './support/errors.ts'
import { FakeClock, turn } from './support/fake-clock.ts'

/** A pipe whose plugins wrap the step `a`, the first one outermost. */
const around = (...layers: readonly StepMiddleware[]) => createPipe({ plugins: layers.map(pluginOf) })
const pluginOf = (layer: StepMiddleware, i: number): Plugin => ({
  name: `plugin${i}`,
  step: ({ id, kind }) => (id === 'a' && kind !== 'map' ? layer : undefined),
})
const again: Plugin = {
  name: 'again',
  policy:
    () =>
    ({ attempt }) =>
      attempt < 3 ? { retryAt: 0 } : undefined,
}

const boom = new Error('boom')
const work = vi.fn((n: number): unknown => n + 1)
const works = pipeline('p', { input: type<number>() }, (p) => {
  const a = p.step('a', { run: ({ input }) => work(input) })
  return p.step('b', { needs: { a }, run: ({ a }) => a })
})

describe('a step middleware', () => {
  test('wraps the step; the first plugin is the outermost', async () => {
    const log: string[] = []
    const layer =
      (name: string): StepMiddleware =>
      async (_, next) => {
        log.push(`${name}>`)
        const output = await next()
        log.push(`<${name}`)
        return output
      }
    expect(await around(layer('a'), layer('b')).run(works, 1)).toBe(2)
    expect(log).toEqual(['a>', 'b>', '<b', '<a'])
  })

  test('knows the step and what it reads', async () => {
    const seen = vi.fn()
    await around(({ stepId, pipeline, needs, attempt, item }, next) => {
      seen({ stepId, pipeline, needs, attempt, item })
      return next()
    }).run(works, 1)
    expect(seen).toHaveBeenCalledWith({ stepId: 'a', pipeline: 'p', needs: { input: 1 }, attempt: 1, item: undefined })
  })

  test('of an item knows the item and its key', async () => {
    const seen: unknown[] = []
    const pipe = around(({ stepId, key, item, needs }, next) => {
      seen.push({ stepId, key, item, needs })
      return next()
    })
    await pipe.run(pipeline('p', (p) => p.map('a', { over: () => ['x'], key: (it) => it, run: (it) => it })))
    expect(seen).toEqual([{ stepId: 'a[x]', key: 'x', item: 'x', needs: { input: undefined } }])
  })

  test('may say which attempt is the next: what follows counts from there', async () => {
    const seen: number[] = []
    const told: string[] = []
    const resuming: Plugin = {
      name: 'resuming',
      step: () => (ctx, next) => next(derive(ctx, { attempt: 3 })),
      policy:
        () =>
        ({ attempt }) =>
          attempt < 5 ? { retryAt: 0 } : undefined,
      hooks: {
        'step:start': ({ stepId }) => told.push(`start ${stepId}`),
        'step:attempt': ({ attempt }) => told.push(`attempt ${attempt}`),
      },
    }
    const failing = pipeline('p', (p) =>
      p.step('a', {
        run: (_, { attempt }) => {
          seen.push(attempt)
          throw new Error('boom')
        },
      }),
    )
    const { steps } = await createPipe({ plugins: [resuming] }).start(failing).result
    expect(seen).toEqual([3, 4, 5])
    expect(told).toEqual(['start a', 'attempt 3', 'attempt 4', 'attempt 5'])
    expect(steps['a']).toMatchObject({ status: 'failed', attempts: 5 })
  })

  describe('may say how long the first attempt waits', () => {
    /** The step `a` was tried by another process: its second attempt is due in a second. */
    const resuming: Plugin = {
      name: 'resuming',
      step: ({ id }) => (id === 'a' ? (ctx, next) => next(derive(ctx, { attempt: 2, delayMs: 1_000 })) : undefined),
    }
    /** What begins, and when, ms after the run did. */
    const begin = (options: StartOptions = {}, ...plugins: readonly Plugin[]) => {
      const clock = new FakeClock()
      const began = clock.now()
      const log: string[] = []
      const both = pipeline('p', (p) => {
        const run = (_: unknown, { stepId, attempt }: StepContext) => {
          log.push(`${clock.now() - began} ${stepId} ${attempt}`)
        }
        return { a: p.step('a', { run }), b: p.step('b', { run }) }
      })
      const started = createPipe({ plugins: [...plugins, resuming], clock }).start(both, undefined, options)
      return { clock, log, started }
    }

    test('until then others run in its place', async () => {
      const { clock, log, started } = begin({ concurrency: 1 })
      await clock.advance(2_000)
      expect(log).toEqual(['0 b 1', '1000 a 2'])
      expect(await started.result).toMatchObject({ status: 'succeeded', steps: { a: { attempts: 2, durationMs: 0 } } })
    })

    test('a pause holds it longer', async () => {
      const { clock, log, started } = begin()
      await clock.advance(500)
      started.pause()
      await clock.advance(5_000)
      expect(log).toEqual(['0 b 1'])
      started.resume()
      await clock.advance(0)
      expect(log).toEqual(['0 b 1', '5500 a 2'])
    })

    test('a stop ends the wait', async () => {
      const { clock, log, started } = begin()
      await clock.advance(500)
      started.cancel()
      const { steps, durationMs } = await started.result
      expect([log, durationMs]).toEqual([['0 b 1'], 500])
      expect(steps['a']).toMatchObject({ status: 'cancelled', attempts: 0 }) // none was started here
      expect(clock.timers).toBe(0)
    })

    test('so does a middleware around that answers', async () => {
      const hasty: Plugin = {
        name: 'hasty',
        step: () => (_, next) => Promise.race([next(), Promise.resolve('enough')]),
      }
      const { clock, log, started } = begin({}, hasty)
      await clock.advance(5_000)
      expect([log, (await started.result).output, clock.timers]).toEqual([['0 b 1'], { a: 'enough', b: undefined }, 0])
    })

    test('who read the signal before is told of a stop after', async () => {
      const reasons: unknown[] = []
      const curious: Plugin = {
        name: 'curious',
        step: ({ id }) => {
          if (id !== 'a') return undefined
          return (ctx, next) => {
            const { signal } = ctx
            signal.addEventListener('abort', () => reasons.push((signal.reason as PipelineError).code))
            return next()
          }
        },
        attempt: ({ id }) => (id === 'a' ? () => new Promise(() => undefined) : undefined),
      }
      const { clock, started } = begin({ grace: 0 }, curious)
      await clock.advance(2_000)
      started.cancel()
      await clock.advance(0)
      expect(reasons).toEqual(['CANCELLED'])
    })
  })

  test('knows why the run is stopping, once it is', async () => {
    const seen: unknown[] = []
    const pipe = around(async (ctx, next) => {
      seen.push(ctx.stopped)
      try {
        return await next()
      } finally {
        seen.push(ctx.stopped?.code, derive(ctx, { item: 1 }).stopped?.code)
      }
    })
    const hangs = pipeline('p', (p) =>
      p.step('a', {
        run: (_, { signal }) => new Promise((_, no) => signal.addEventListener('abort', () => no(new Error()))),
      }),
    )
    const started = pipe.start(hangs)
    await turn()
    started.cancel()
    await started.result
    expect(seen).toEqual([undefined, 'CANCELLED', 'CANCELLED'])
  })

  test('may change the output', async () => {
    expect(await around(async (_, next) => ((await next()) as number) * 10).run(works, 1)).toBe(20)
  })

  test.each([
    ['at once', () => 'recorded'],
    ['with a promise', async () => 'recorded'],
  ])('that answers %s without calling next has restored the step', async (_, layer) => {
    work.mockClear()
    const { output, steps } = await around(layer).start(works, 1).result
    expect(output).toBe('recorded')
    expect(steps['a']).toMatchObject({ status: 'restored', output: 'recorded', attempts: 0 })
    expect(work).not.toHaveBeenCalled()
  })

  test('restores before the condition is asked', async () => {
    const when = vi.fn(() => false)
    const defined = pipeline('p', (p) => p.step('a', { when, run: () => 'fresh' }))
    expect(await around(() => 'recorded').run(defined)).toBe('recorded')
    expect(when).not.toHaveBeenCalled()
  })

  test('may skip the step, with words of its own', async () => {
    const { output, steps } = await around(() => skip('not on Sundays')).start(works, 1).result
    expect(output).toBeUndefined()
    expect(steps['a']).toEqual(expect.objectContaining({ status: 'skipped', reason: 'not on Sundays', attempts: 0 }))
    expect(steps['b']?.status).toBe('succeeded')
  })

  test('hands on that the condition is false, and can tell', async () => {
    const defined = pipeline('p', (p) => p.step('a', { when: () => false, run: () => 'fresh' }))
    const outputs: unknown[] = []
    const layer: StepMiddleware = async (_, next) => {
      const output = await next()
      outputs.push(output)
      return output
    }
    const { steps } = await around(layer).start(defined).result
    expect(steps['a']).toMatchObject({ status: 'skipped', reason: 'condition', attempts: 0 })
    expect([...outputs, skip('why'), undefined, { reason: 'why' }].map(isSkip)).toEqual([true, true, false, false])
  })

  test('sees the error that the step threw, and may answer for it', async () => {
    const fails = pipeline('p', (p) => p.step('a', { run: () => Promise.reject<string>(boom) }))
    const layer: StepMiddleware = async (_, next) => {
      try {
        return await next()
      } catch (error) {
        return [error]
      }
    }
    const { status, output, steps } = await around(layer).start(fails).result
    expect({ status, output }).toEqual({ status: 'succeeded', output: [boom] })
    expect(steps['a']).toMatchObject({ status: 'succeeded', attempts: 1 })
  })

  test.each([
    ['before', 0, () => Promise.reject(boom)],
    [
      'at once',
      0,
      () => {
        throw boom
      },
    ],
    [
      'after',
      1,
      async (_: unknown, next: () => unknown) => {
        await next()
        throw boom
      },
    ],
  ] as const)('that throws %s fails the step', async (_, attempts, layer) => {
    const error = await rejectionOf(around(layer).start(works, 1).output)
    expect(error).toMatchObject({ code: 'STEP_FAILED', step: 'a', cause: boom })
    expect(error.result?.steps['a']).toMatchObject({ status: 'failed', attempts })
  })

  test('is around all attempts: it sees the last of them', async () => {
    const layer = vi.fn<StepMiddleware>((_, next) => next())
    let calls = 0
    const flaky = pipeline('p', (p) =>
      p.step('a', {
        run: (_, { attempt }) => {
          if (++calls < 3) throw boom
          return attempt
        },
      }),
    )
    const pipe = createPipe({ plugins: [pluginOf(layer, 0), again] })
    const { output, steps } = await pipe.start(flaky).result
    expect(output).toBe(3)
    expect(steps['a']).toMatchObject({ status: 'succeeded', attempts: 3 })
    expect(layer).toHaveBeenCalledTimes(1)
  })

  test('may call next again: the numbers of the attempts go on', async () => {
    const attempts: number[] = []
    const defined = pipeline('p', (p) => p.step('a', { run: (_, { attempt }) => attempts.push(attempt) }))
    const { steps } = await around(async (_, next) => (await next(), next())).start(defined).result
    expect(attempts).toEqual([1, 2])
    expect(steps['a']).toMatchObject({ status: 'succeeded', attempts: 2, output: 2 })
  })

  test('derives the context that all attempts see', async () => {
    const seen: unknown[] = []
    const flaky = pipeline('p', (p) =>
      p.step('a', {
        run: (_, { idempotencyKey, attempt, stepId, signal }) => {
          seen.push([idempotencyKey, attempt, stepId, signal.aborted])
          if (attempt < 2) throw boom
        },
      }),
    )
    const layer: StepMiddleware = (ctx, next) => next(derive(ctx, { idempotencyKey: 'derived' }))
    await createPipe({ plugins: [pluginOf(layer, 0), again] }).run(flaky)
    expect(seen).toEqual([
      ['derived', 1, 'a', false],
      ['derived', 2, 'a', false],
    ])
  })

  test('settles the step once when it answers while an attempt is running, which is told by its signal', async () => {
    const { promise, resolve } = Promise.withResolvers<string>()
    const aborted = vi.fn()
    const defined = pipeline('p', (p) => {
      const a = p.step('a', {
        run: (_, { signal }) => {
          signal.addEventListener('abort', () => void aborted(signal.reason))
          return promise
        },
      })
      const b = p.step('b', { needs: { a }, run: turn })
      return { a, c: p.step('c', { needs: { b }, run: () => 'c' }) }
    })
    const started = around((_, next) => Promise.race([next(), Promise.resolve('stale')])).start(defined)
    started.events.once('step:end', () => resolve('fresh'))
    const { status, output, steps } = await started.result
    expect({ status, output }).toEqual({ status: 'succeeded', output: { a: 'stale', c: 'c' } })
    expect(steps['a']).toMatchObject({ status: 'succeeded', output: 'stale', attempts: 1 })
    expect(aborted).toHaveBeenCalledWith(expect.objectContaining({ code: 'CANCELLED' }))
  })

  test.each(['runs', 'waits for its next attempt'])(
    'that answers while one %s lets middleware inside of it go on: its next rejects',
    async (what) => {
      const seen = vi.fn()
      const outer: StepMiddleware = (_, next) => (void next(), turn().then(() => 'early'))
      const inner: StepMiddleware = (_, next) =>
        (next() as Promise<unknown>).catch((error: unknown) => void seen(error))
      const later: Plugin = { name: 'later', policy: () => () => ({ retryAt: Number.MAX_SAFE_INTEGER }) }
      const defined = pipeline('p', (p) =>
        p.step('a', { run: () => (what === 'runs' ? new Promise(() => undefined) : Promise.reject(boom)) }),
      )
      const pipe = createPipe({ plugins: [pluginOf(outer, 0), pluginOf(inner, 1), later] })
      expect(await pipe.run(defined)).toBe('early')
      await turn()
      const says = expect.stringContaining('A middleware answered for step "a"') as string
      expect(seen).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ code: 'CANCELLED', message: says }))
    },
  )

  test('cannot call next when the step has settled', async () => {
    let late: (() => unknown) | undefined
    await around((_, next) => {
      late = next
      return next()
    }).run(works, 1)
    await turn()
    expect(() => late?.()).toThrow(expect.objectContaining({ code: 'NEXT_AFTER_SETTLE', step: 'a', pipeline: 'p' }))
  })

  test('wraps pipelines inside and maps as a whole', async () => {
    const inner = pipeline('inner', (p) => p.step('leaf', { run: () => 1 }))
    const defined = pipeline('p', (p) => p.call('a', inner, { input: () => undefined }))
    const { output, steps } = await around(() => 7).start(defined).result
    expect(output).toBe(7)
    expect(steps).toEqual({ a: expect.objectContaining({ status: 'restored' }) as object })
  })

  test('is told by its signal when the run is cancelled, and ends as cancelled', async () => {
    const layer: StepMiddleware = ({ signal }) =>
      new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true }))
    const started = around(layer).start(works, 1)
    await turn()
    started.cancel()
    expect((await started.result).steps['a']).toMatchObject({ status: 'cancelled', attempts: 0 })
  })

  test('that calls next again waits for an attempt that was given up and still runs', async () => {
    const log: string[] = []
    const { promise, resolve } = Promise.withResolvers<string>()
    const impatient: Plugin = {
      name: 'impatient',
      attempt: () => (ctx, next) => {
        if (ctx.attempt === 1) void turn().then(() => ctx.abort(new Error('too long')))
        return next()
      },
    }
    const twice = pluginOf(async (_, next) => {
      try {
        return await next()
      } catch (error) {
        log.push((error as Error).message)
        return next()
      }
    }, 0)
    const defined = pipeline('p', (p) =>
      p.step('a', {
        run: async (_, { attempt }) => {
          log.push(`> ${attempt}`)
          if (attempt === 1) await promise
          log.push(`< ${attempt}`)
          return attempt
        },
      }),
    )
    const output = createPipe({ plugins: [twice, impatient] }).run(defined)
    while (!log.includes('too long')) await turn()
    await turn()
    resolve('at last')
    expect(await output).toBe(2)
    expect(log).toEqual(['> 1', 'too long', '< 1', '> 2', '< 2'])
  })

  test('that calls next again before the first has ended gets one attempt after the other', async () => {
    let running = 0
    let most = 0
    const defined = pipeline('p', (p) =>
      p.step('a', {
        run: async (_, { attempt }) => {
          most = Math.max(most, ++running)
          await turn()
          running--
          return attempt
        },
      }),
    )
    expect(await around((_, next) => Promise.all([next(), next(), next()])).run(defined)).toEqual([1, 2, 3])
    expect(most).toBe(1)
  })

  test('that waits for a given-up attempt is told when the run is cancelled', async () => {
    const impatient: Plugin = {
      name: 'impatient',
      attempt: () => (ctx, next) => {
        void turn().then(() => ctx.abort(new Error('too long')))
        return next()
      },
    }
    const twice = pluginOf((_, next) => Promise.resolve(next()).catch(() => next()), 0)
    const defined = pipeline('p', (p) => p.step('a', { run: () => new Promise(() => undefined) }))
    const started = createPipe({ plugins: [twice, impatient] }).start(defined)
    for (let i = 0; i < 5; i++) await turn()
    started.cancel()
    const { status, steps } = await started.result
    expect(status).toBe('cancelled')
    expect(steps['a']).toMatchObject({ status: 'cancelled', attempts: 1, stillRunning: true })
  })

  test('answers early for a pipeline, which is stopped and taken back before the run goes on', async () => {
    const log: string[] = []
    const inner = pipeline('inner', (p) => {
      const one = p.step('one', { run: () => 'one', undo: () => void log.push('undo one') })
      return p.step('two', {
        needs: { one },
        run: async () => {
          await turn()
          await turn()
          log.push('two returned')
        },
      })
    })
    const defined = pipeline('p', (p) => {
      const a = p.call('a', inner, { input: () => undefined })
      return p.step('b', { needs: { a }, run: () => log.push('b') })
    })
    await around((_, next) => Promise.race([next(), turn().then(() => 'early')])).run(defined)
    expect(log).toEqual(['two returned', 'undo one', 'b'])
  })
})

test('a step cannot return a skip, whatever plugins there are: the error says what to use', async () => {
  const defined = pipeline('p', (p) => p.step('a', { run: () => skip('no') }))
  for (const pipe of [createPipe(), around((_, next) => next())]) {
    const { cause } = await rejectionOf(pipe.run(defined))
    expect(cause).toMatchObject({
      code: 'OUTPUT_INVALID',
      step: 'a',
      message: expect.stringContaining('`when`') as string,
    })
  }
})

describe('an isolated failure', () => {
  const undecided = (...ids: readonly string[]): Plugin => ({
    name: 'undecided',
    step: ({ id }) =>
      ids.includes(id)
        ? () => {
            throw isolated(boom)
          }
        : undefined,
  })
  const statuses = async (plugins: readonly Plugin[], defined: Pipeline<void, unknown>) => {
    const { status, error, steps } = await createPipe({ plugins, onError: () => undefined }).start(defined).result
    const each = Object.entries(steps).map(([path, step]) => `${path} ${step.status}${step.undo ? ', undone' : ''}`)
    return { status, cause: error?.message, each }
  }

  test('stops only what depends on the step, though the run fails at once otherwise', async () => {
    const undo = () => undefined
    const defined = pipeline('p', (p) => {
      const a = p.step('a', { run: () => 1 })
      const b = p.step('b', { needs: { a }, run: () => 2 })
      const slow = p.step('slow', { run: () => Promise.resolve(3), undo })
      return { b, after: p.step('after', { needs: { slow }, run: () => 4, undo }) }
    })
    expect(await statuses([undecided('a')], defined)).toEqual({
      status: 'failed',
      cause: 'Step "a" of pipeline "p" failed: boom',
      each: ['a failed', 'b skipped', 'slow succeeded, undone', 'after succeeded, undone'],
    })
  })

  test('is absorbed by nobody, and no policy is asked', async () => {
    const decide = vi.fn(() => ({ retryAt: 0 }))
    const inner = pipeline('inner', (p) => p.step('a', { run: () => 1 }))
    const defined = pipeline('p', (p) => {
      const call = p.call('call', inner, { optional: true })
      const after = p.step('after', { needs: { call }, run: () => 2 })
      const either = p.fallback('either', { alternatives: { a: { run: () => 1 }, c: { run: () => 2 } } })
      const items = p.map('items', { over: () => [undefined, undefined], run: inner, optionalItems: true })
      return { after, either, items, d: p.step('d', { run: () => 4 }) }
    })
    const ids = Object.keys((await createPipe().start(defined).result).steps)
    const alternatives = ids.filter((id) => id.startsWith('either'))
    const result = await statuses([undecided('a', alternatives[0]!), { name: 'decide', policy: () => decide }], defined)
    expect(result.each).toEqual(
      expect.arrayContaining(['call failed', 'call/a failed', 'after skipped', 'items failed', 'd succeeded']),
    )
    expect(result.each.filter((line) => line.startsWith('either'))).toEqual([
      `${alternatives[0]} failed`,
      `${alternatives[1]} skipped`,
      'either skipped',
    ])
    expect(decide).not.toHaveBeenCalled()
  })

  test('inside a call leaves the outer steps going, and is that of the call', async () => {
    const inner = pipeline('inner', (p) => {
      const a = p.step('a', { run: () => 1 })
      return { a, other: p.step('other', { run: () => Promise.resolve(2), undo: () => undefined }) }
    })
    const seen = vi.fn()
    const watches: Plugin = {
      name: 'watches',
      step: ({ id }) =>
        id === 'call'
          ? (_, next) =>
              Promise.resolve(next()).catch((error: unknown) => (seen(error), Promise.reject(error as Error)))
          : undefined,
    }
    const defined = pipeline('p', (p) => {
      const call = p.call('call', inner)
      const one = p.step('one', { run: () => Promise.resolve(1) })
      return { call, two: p.step('two', { needs: { one }, run: () => 2 }) }
    })
    const { each } = await statuses([watches, undecided('a')], defined)
    expect(each).toEqual([
      'call failed',
      'call/a failed',
      'call/other succeeded, undone',
      'one succeeded',
      'two succeeded',
    ])
    expect(seen).toHaveBeenCalledWith(expect.objectContaining({ name: 'Isolated', message: 'boom', error: boom }))
  })

  test('gives way to one that is not', async () => {
    const defined = pipeline('p', (p) => {
      const a = p.step('a', { run: () => 1 })
      return { a, bad: p.step('bad', { run: () => Promise.reject(new Error('really')) }) }
    })
    const { cause } = await statuses([undecided('a')], defined)
    expect(cause).toBe('Step "bad" of pipeline "p" failed: really')
  })
})
