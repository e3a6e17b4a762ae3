import {
  type AttemptMiddleware,
  createPipe,
  type FailurePolicy,
  pipeline,
  type Plugin,
  type StepContext,
} from '@pipe/core'
import { describe, expect, test, vi } from 'vitest'
import { rejectionOf } from './support/errors.ts'
import { FakeClock, turn } from './support/fake-clock.ts'

const boom = new Error('boom')
const policies = (...list: readonly FailurePolicy[]): Plugin[] =>
  list.map((policy, i) => ({
    name: `policy${i}`,
    policy: ({ id, kind }) => (id === 'a' && kind !== 'map' ? policy : undefined),
  }))
const after =
  (ms: number, attempts = Infinity): FailurePolicy =>
  ({ attempt, ctx }) =>
    attempt < attempts ? { retryAt: ctx.now() + ms } : undefined

/** A step that fails as long as it is told to. */
const flaky = (failures: number, work = vi.fn()) => ({
  work,
  defined: pipeline('p', (p) =>
    p.step('a', {
      run: async (_, { attempt }: StepContext) => {
        work(attempt)
        if (attempt <= failures) throw boom
        return attempt
      },
    }),
  ),
})

describe('a policy', () => {
  test('has the engine wait for the next attempt', async () => {
    const clock = new FakeClock()
    const { defined, work } = flaky(2)
    const output = createPipe({ clock, plugins: policies(after(1_000)) }).run(defined)
    await turn()
    expect(work).toHaveBeenCalledTimes(1)
    await clock.advance(999)
    expect(work).toHaveBeenCalledTimes(1)
    await clock.advance(1)
    expect(work).toHaveBeenCalledTimes(2)
    await clock.advance(1_000)
    expect(await output).toBe(3)
    expect(clock.timers).toBe(0)
  })

  test('knows the error, the attempt, the time since the first and the context', async () => {
    const clock = new FakeClock()
    const seen: unknown[] = []
    const policy: FailurePolicy = ({ error, attempt, elapsedMs, ctx }) => {
      seen.push([error, attempt, elapsedMs, ctx.stepId, ctx.attempt])
      return attempt < 3 ? { retryAt: ctx.now() + 500 } : undefined
    }
    const output = rejectionOf(createPipe({ clock, plugins: policies(policy) }).run(flaky(9).defined))
    await clock.advance(1_000)
    await output
    expect(seen).toEqual([
      [boom, 1, 0, 'a', 1],
      [boom, 2, 500, 'a', 2],
      [boom, 3, 1_000, 'a', 3],
    ])
  })

  test('of a time that has passed makes the next attempt at once', async () => {
    const clock = new FakeClock()
    const output = createPipe({ clock, plugins: policies(() => ({ retryAt: 0 })) }).run(flaky(1).defined)
    await clock.advance(0)
    expect(await output).toBe(2)
  })

  test('of a time months away waits for it', async () => {
    const clock = new FakeClock()
    const months = 90 * 24 * 3_600_000
    const started = createPipe({ clock, plugins: policies(after(months)) }).start(flaky(1).defined)
    await clock.advance(months - 1)
    expect(started.status).toBe('running')
    await clock.advance(1)
    expect(await started.output).toBe(2)
  })

  test('may settle the step with a value', async () => {
    const { output, steps } = await createPipe({ plugins: policies(() => ({ output: 'stale' })) }).start(
      flaky(1).defined,
    ).result
    expect(output).toBe('stale')
    expect(steps['a']).toMatchObject({ status: 'succeeded', output: 'stale', attempts: 1 })
  })

  test('may fail the step with another error', async () => {
    const other = new Error('gave up')
    const error = await rejectionOf(createPipe({ plugins: policies(() => ({ error: other })) }).run(flaky(1).defined))
    expect(error.cause).toBe(other)
  })

  test('that throws fails the step with what it threw', async () => {
    const broken = new Error('broken')
    const policy = (): never => {
      throw broken
    }
    expect((await rejectionOf(createPipe({ plugins: policies(policy) }).run(flaky(1).defined))).cause).toBe(broken)
  })

  test('that has no decision leaves it to the next; the first decision wins', async () => {
    const last = vi.fn(() => ({ output: 'last' }))
    const plugins = policies(
      () => undefined,
      () => ({ output: 'second' }),
      last,
    )
    expect(await createPipe({ plugins }).run(flaky(1).defined)).toBe('second')
    expect(last).not.toHaveBeenCalled()
  })

  test('is not asked when nobody failed, nor when the run is stopping', async () => {
    const policy = vi.fn(() => undefined)
    const pipe = createPipe({ plugins: policies(policy) })
    await pipe.run(flaky(0).defined)
    const started = pipe.start(
      pipeline('p', (p) => p.step('a', { run: () => turn().then(() => Promise.reject(boom)) })),
    )
    await Promise.resolve()
    started.cancel()
    await started.result
    expect(policy).not.toHaveBeenCalled()
  })

  test('is asked for each item of a map', async () => {
    const defined = pipeline('p', (p) =>
      p.map('a', { over: () => [1, 2], run: (n, { attempt }) => (attempt < n ? Promise.reject(boom) : attempt) }),
    )
    expect(await createPipe({ plugins: policies(after(0)) }).run(defined)).toEqual([1, 2])
  })

  test('is visible: observers are told of the attempt that failed and of the next', async () => {
    const clock = new FakeClock()
    const pipe = createPipe({ clock, plugins: policies(after(250)) })
    const retried = vi.fn()
    pipe.events.on('step:retry', retried)
    const started = pipe.start(flaky(1).defined)
    await turn()
    const at = clock.now()
    await clock.advance(250)
    const { steps } = await started.result
    expect(retried.mock.calls).toEqual([
      [{ runId: started.id, pipeline: 'p', stepId: 'a', at, attempt: 1, error: boom, retryAt: at + 250, delayMs: 250 }],
    ])
    expect(steps['a']).toMatchObject({ attempts: 2, durationMs: 250 })
  })
})

describe('the wait for another attempt', () => {
  test('is over at once when the run is cancelled; the function is not called again', async () => {
    const clock = new FakeClock()
    const { defined, work } = flaky(9)
    const started = createPipe({ clock, plugins: policies(after(60_000)) }).start(defined)
    await turn()
    started.cancel()
    const { status, steps } = await started.result
    expect(status).toBe('cancelled')
    expect(steps['a']).toMatchObject({ status: 'cancelled', reason: 'cancelled' })
    expect(clock.timers).toBe(0)
    await clock.advance(120_000)
    expect(work).toHaveBeenCalledTimes(1)
  })

  test('is as long as was decided, whenever the clock is set', async () => {
    const clock = new FakeClock()
    const { defined, work } = flaky(2)
    const pipe = createPipe({ clock, plugins: policies(after(100)) })
    const output = pipe.run(defined)
    await turn()
    clock.adjust(-3_600_000)
    await clock.advance(100)
    expect(work).toHaveBeenCalledTimes(2)
    clock.adjust(7_200_000)
    await clock.advance(99)
    expect(work).toHaveBeenCalledTimes(2)
    await clock.advance(1)
    expect(await output).toBe(3)
  })

  test('is as long as was decided, if the clock is set while what the attempt did inside is undone', async () => {
    const clock = new FakeClock()
    const work = vi.fn()
    const inner = pipeline('inner', (p) => {
      const done = p.step('done', { run: work, undo: () => clock.adjust(-3_600_000) })
      return p.step('fails', { after: [done], run: () => Promise.reject(boom) })
    })
    const defined = pipeline('p', (p) => p.call('a', inner))
    const failure = rejectionOf(createPipe({ clock, plugins: policies(after(100, 2)) }).run(defined))
    await clock.advance(99)
    expect(work).toHaveBeenCalledTimes(1)
    await clock.advance(1)
    expect(work).toHaveBeenCalledTimes(2)
    expect(await failure).toMatchObject({ cause: boom })
  })

  test('is over at once when another step fails', async () => {
    const clock = new FakeClock()
    const { promise, reject } = Promise.withResolvers<never>()
    const defined = pipeline('p', (p) => ({
      a: p.step('a', { run: () => Promise.reject(boom) }),
      bad: p.step('bad', { run: () => promise }),
    }))
    const started = createPipe({ clock, plugins: policies(after(60_000)) }).start(defined)
    await turn()
    reject(boom)
    expect(await started.result).toMatchObject({ steps: { a: { status: 'cancelled' }, bad: { status: 'failed' } } })
    expect(clock.timers).toBe(0)
  })
})

describe('an attempt that was aborted but has not returned', () => {
  const slow = (log: string[], first: Promise<unknown>) =>
    pipeline('p', (p) =>
      p.step('a', {
        run: async (_, { attempt }) => {
          log.push(`${attempt}>`)
          if (attempt === 1) await first
          log.push(`<${attempt}`)
          return attempt
        },
      }),
    )
  const timeout =
    (clock: FakeClock): AttemptMiddleware =>
    ({ abort, attempt }, next) => {
      if (attempt === 1) clock.setTimeout(() => abort(new Error('late')), 5)
      return next()
    }
  const pipeWith = (clock: FakeClock, policy: FailurePolicy) =>
    createPipe({ clock, plugins: [...policies(policy), { name: 'timeout', attempt: () => timeout(clock) }] })

  test('is waited for: the next one does not overlap it', async () => {
    const log: string[] = []
    const clock = new FakeClock()
    const { promise, resolve } = Promise.withResolvers<null>()
    const output = pipeWith(clock, after(10)).run(slow(log, promise))
    await clock.advance(1_000)
    expect(log).toEqual(['1>'])
    resolve(null)
    await clock.advance(1_000)
    expect(await output).toBe(2)
    expect(log).toEqual(['1>', '<1', '2>', '<2'])
  })

  test('is waited for, and no longer, also when the clock was set back meanwhile', async () => {
    const log: string[] = []
    const clock = new FakeClock()
    const { promise, resolve } = Promise.withResolvers<null>()
    const output = pipeWith(clock, after(10)).run(slow(log, promise))
    await clock.advance(1_000)
    clock.adjust(-3_600_000)
    resolve(null)
    await clock.advance(0)
    expect(await output).toBe(2)
  })

  test('is overlapped when the policy says so', async () => {
    const log: string[] = []
    const clock = new FakeClock()
    const { promise, resolve } = Promise.withResolvers<null>()
    const output = pipeWith(clock, ({ ctx }) => ({ retryAt: ctx.now(), overlap: true })).run(slow(log, promise))
    await clock.advance(10)
    expect(await output).toBe(2)
    resolve(null)
    await turn()
    expect(log).toEqual(['1>', '2>', '<2', '<1'])
  })

  test('does not hold up a cancelled run: the step ends as still running', async () => {
    const clock = new FakeClock()
    const started = pipeWith(clock, after(10)).start(slow([], new Promise(() => undefined)))
    await clock.advance(1_000)
    started.cancel()
    await turn()
    expect(started.status).toBe('cancelled')
    expect((await started.result).steps['a']).toMatchObject({ status: 'cancelled', stillRunning: true })
  })
})
