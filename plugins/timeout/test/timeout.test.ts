import { createPipe, definePlugin, pipeline, type Pipeline, type PipelineError, type Plugin } from '@pipe/core'
import { fakeClock, recordHooks } from '@pipe/testing'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { timeout } from '../src/index.ts'

let clock = fakeClock()
beforeEach(() => {
  clock = fakeClock()
})

const pipeOf = (...plugins: readonly Plugin[]) => createPipe({ plugins: [timeout(), ...plugins], clock })

/** Tries again at once, so many attempts in all. */
const again = (attempts: number): Plugin =>
  definePlugin({
    name: 'again',
    policy:
      () =>
      ({ attempt, ctx }) =>
        attempt < attempts ? { retryAt: ctx.now() } : undefined,
  })

const takes = (ms: number) => new Promise<string>((resolve) => clock.setTimeout(() => resolve('done'), ms))
const never = () => new Promise<never>(() => undefined)
const untilTold = (signal: AbortSignal) =>
  new Promise<never>((_, reject) =>
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true }),
  )

const oneStep = (run: (signal: AbortSignal) => unknown, limit: number | `${number}s` = '5s'): Pipeline<void, unknown> =>
  pipeline('p', (p) => p.step('a', { timeout: limit, run: (_, { signal }) => run(signal) }))

describe('an attempt', () => {
  test('that is done in time is not touched', async () => {
    const { result } = pipeOf().start(oneStep(() => takes(4_999)))
    await clock.advance('1m')
    expect(await result).toMatchObject({ output: 'done', steps: { a: { status: 'succeeded', durationMs: 4_999 } } })
  })

  test('that takes longer fails with TIMEOUT when its time is up', async () => {
    const { result } = pipeOf().start(oneStep(() => takes(60_000)))
    await clock.advance('5s')
    const { status, steps } = await result
    expect(status).toBe('failed')
    expect(steps['a']).toMatchObject({ status: 'failed', durationMs: 5_000, attempts: 1, error: { code: 'TIMEOUT' } })
    await clock.advance('1m')
  })

  test('is told by its signal, and the reason is the error it fails with', async () => {
    let reason: unknown
    const running = pipeOf().run(
      oneStep((signal) => {
        signal.addEventListener('abort', () => {
          reason = signal.reason
        })
        return untilTold(signal)
      }),
    )
    const failure = running.catch((error: unknown) => error)
    await clock.advance('5s')
    const { code, cause } = (await failure) as PipelineError
    expect(code).toBe('STEP_FAILED')
    expect(cause).toBe(reason)
    expect(cause).toMatchObject({ code: 'TIMEOUT', pipeline: 'p', step: 'a', plugin: 'timeout' })
    expect(cause).toMatchObject({
      message: 'Attempt 1 of step "a" of pipeline "p" took longer than 5000 ms, the limit of `timeout`.',
    })
  })

  test('whose function does not return is recorded as still running', async () => {
    const { result } = pipeOf().start(oneStep(never))
    await clock.advance('5s')
    expect((await result).steps['a']).toMatchObject({ status: 'failed', stillRunning: true })
  })

  test('that returned is not recorded as still running', async () => {
    const { result } = pipeOf().start(oneStep(() => takes(1)))
    await clock.advance('5s')
    expect((await result).steps['a']).not.toHaveProperty('stillRunning')
  })

  test('that returns after its time was up changes nothing any more', async () => {
    const pipe = pipeOf()
    const hooks = recordHooks(pipe)
    const { result } = pipe.start(oneStep(() => takes(6_000)))
    await clock.advance('1m')
    expect((await result).status).toBe('failed')
    expect(hooks.of('step:end')).toHaveLength(1)
  })

  test('gets the whole time again when it is tried again', async () => {
    const run = vi.fn(untilTold)
    const { result } = pipeOf(again(3)).start(oneStep(run))
    await clock.advance('14s')
    expect(run).toHaveBeenCalledTimes(3)
    await clock.advance('1s')
    expect((await result).steps['a']).toMatchObject({ status: 'failed', attempts: 3, durationMs: 15_000 })
  })

  test('is not overlapped by the next one: that waits until the function has returned', async () => {
    const log: string[] = []
    const step = pipeline('p', (p) =>
      p.step('a', {
        timeout: '5s',
        run: async (_, { attempt }) => {
          log.push(`${attempt}>`)
          await takes(attempt === 1 ? 30_000 : 1_000)
          log.push(`<${attempt}`)
          return attempt
        },
      }),
    )
    const { result } = pipeOf(again(2)).start(step)
    await clock.advance('29s')
    expect(log).toEqual(['1>'])
    await clock.advance('2s')
    expect(log).toEqual(['1>', '<1', '2>', '<2'])
    expect((await result).output).toBe(2)
  })

  test('that a middleware inside calls again has one limit for both', async () => {
    const twice = definePlugin({
      name: 'twice',
      attempt: () => async (_, next) => {
        await next()
        return next()
      },
    })
    const { result } = pipeOf(twice).start(oneStep(() => takes(3_000)))
    await clock.advance('5s')
    expect((await result).steps['a']).toMatchObject({ status: 'failed', durationMs: 5_000 })
    await clock.advance('1m')
  })
})

describe('an attempt with a grace', () => {
  const graceful = (run: (signal: AbortSignal) => unknown, ...plugins: readonly Plugin[]) =>
    pipeOf(...plugins).start(
      pipeline('p', (p) =>
        p.step('a', { timeout: { attempt: '5s', grace: '2s' }, run: (_, { signal }) => run(signal) }),
      ),
    )

  test('fails when its function has returned, having cleaned up after itself', async () => {
    const log: string[] = []
    const { result } = graceful(async (signal) => {
      await untilTold(signal).catch(() => takes(1_500))
      log.push('cleaned up')
      return 'too late'
    })
    await clock.advance('10s')
    const { status, steps } = await result
    expect({ status, log }).toEqual({ status: 'failed', log: ['cleaned up'] })
    expect(steps['a']).toMatchObject({ status: 'failed', durationMs: 6_500, error: { code: 'TIMEOUT' } })
    expect(steps['a']?.stillRunning).toBeUndefined()
    expect(clock.timers).toBe(0)
  })

  test('is given up when the grace is over, and recorded as still running', async () => {
    const { result } = graceful(never)
    await clock.advance('6999ms')
    let settled = false
    void result.then(() => (settled = true))
    await clock.advance(0)
    expect(settled).toBe(false)
    await clock.advance(1)
    expect((await result).steps['a']).toMatchObject({
      durationMs: 7_000,
      error: { code: 'TIMEOUT' },
      stillRunning: true,
    })
  })

  test('is tried again when its function has returned', async () => {
    const starts: number[] = []
    const { result } = graceful((signal) => {
      starts.push(clock.monotonic())
      return untilTold(signal).catch(() => takes(1_000))
    }, again(2))
    await clock.advance('1m')
    const { steps } = await result
    expect(steps['a']).toMatchObject({ status: 'failed', attempts: 2 })
    expect(starts[1]! - starts[0]!).toBe(6_000)
  })

  test('is cancelled with its run, whatever is left of the grace', async () => {
    const run = graceful((signal) => untilTold(signal).catch(() => takes(1_000)))
    await clock.advance('5500ms')
    run.cancel()
    await clock.advance('1s')
    expect((await run.result).steps['a']).toMatchObject({ status: 'cancelled' })
  })
})

describe('of a map', () => {
  test('each item has the limit for itself', async () => {
    const map = pipeline('p', (p) =>
      p.map('m', {
        over: () => [1, 2, 9, 3],
        concurrency: 1,
        timeout: '5s',
        optionalItems: true,
        run: (n) => takes(n * 1_000),
      }),
    )
    const { result } = pipeOf().start(map)
    await clock.advance('1m')
    const { output, steps } = await result
    expect(output).toEqual(['done', 'done', undefined, 'done'])
    expect(steps['m']).toMatchObject({ status: 'succeeded', durationMs: 11_000 })
    expect(steps['m[2]']?.error?.message).toContain('Attempt 1 of step "m[2]"')
  })
})

describe('a call', () => {
  test('is limited as a whole; what runs inside is told, and did not run on', async () => {
    const reasons: unknown[] = []
    const inner = pipeline('inner', (p) => {
      const b = p.step('b', { run: () => takes(3_000) })
      const c = p.step('c', {
        needs: { b },
        run: (_, { signal }) => {
          signal.addEventListener('abort', () => reasons.push(signal.reason))
          return untilTold(signal)
        },
      })
      return p.step('d', { needs: { c }, run: () => 'never' })
    })
    const { result } = pipeOf().start(
      pipeline('p', (p) => p.call('a', inner, { timeout: '5s', input: () => undefined })),
    )
    await clock.advance('5s')
    const { steps } = await result
    expect(steps['a']).toMatchObject({ status: 'failed', durationMs: 5_000, error: { code: 'TIMEOUT', step: 'a' } })
    expect([steps['a/b']?.status, steps['a/c']?.status, steps['a/d']?.status]).toEqual([
      'succeeded',
      'cancelled',
      'cancelled',
    ])
    expect(reasons).toMatchObject([{ code: 'TIMEOUT', step: 'a' }])
  })
})

describe('the reason of another', () => {
  test('cancel stays a cancel', async () => {
    const run = pipeOf().start(oneStep(untilTold))
    await clock.advance('4s')
    run.cancel('enough')
    expect(await run.result).toMatchObject({
      status: 'cancelled',
      error: { code: 'CANCELLED' },
      steps: { a: { status: 'cancelled' } },
    })
    expect(clock.timers).toBe(0)
  })

  test('cancel stays a cancel for a function that does not listen, and the limit still ends it', async () => {
    const run = pipeOf().start(oneStep(never))
    await clock.advance('4s')
    run.cancel('enough')
    await clock.advance('1s')
    expect(run.status).toBe('cancelled')
    const { error, steps } = await run.result
    expect(error).toMatchObject({ code: 'CANCELLED' })
    expect(steps['a']).toMatchObject({ status: 'cancelled', stillRunning: true })
  })

  test('abort of another plugin is not replaced by a time-out', async () => {
    const impatient = definePlugin({
      name: 'impatient',
      attempt: () => (ctx, next) => {
        clock.setTimeout(() => ctx.abort(new Error('too warm')), 1_000)
        return next()
      },
    })
    const { result } = pipeOf(impatient).start(oneStep(never))
    await clock.advance('1m')
    expect((await result).steps['a']).toMatchObject({ durationMs: 1_000, error: { message: 'too warm' } })
    expect(clock.timers).toBe(0)
  })
})

describe('defaults of the plugin', () => {
  const slow = (option?: { timeout: number | false }) =>
    pipeline('p', (p) => p.step('a', { ...option, run: () => takes(60_000) }))

  test.each([
    ['hold for steps without the option', undefined, 10_000],
    ['are replaced by that of the step', { timeout: 3_000 }, 3_000],
    ['do not hold with `timeout: false`', { timeout: false } as const, 60_000],
  ])('%s', async (_, option, duration) => {
    const { result } = createPipe({ plugins: [timeout('10s')], clock }).start(slow(option))
    await clock.advance('2m')
    expect((await result).durationMs).toBe(duration)
  })

  test('do not limit a call, only what runs inside', async () => {
    const inner = pipeline('inner', (p) => {
      const b = p.step('b', { run: () => takes(8_000) })
      return p.step('c', { needs: { b }, run: () => takes(8_000) })
    })
    const outer = pipeline('p', (p) => p.call('a', inner, { input: () => undefined }))
    const { result } = createPipe({ plugins: [timeout('10s')], clock }).start(outer)
    await clock.advance('1m')
    expect(await result).toMatchObject({ status: 'succeeded', durationMs: 16_000 })
  })
})

test('thousands of attempts with one limit share a timer', async () => {
  const map = pipeline('p', (p) =>
    p.map('m', { over: () => Array(2_000).keys(), timeout: '1h', run: () => takes(1_000) }),
  )
  const { result } = pipeOf().start(map)
  await clock.advance(0)
  expect(clock.timers).toBe(2_000 + 1)
  await clock.advance('1s')
  expect((await result).status).toBe('succeeded')
  expect(clock.timers).toBe(0)
})

test('belongs to one pipe at a time', async () => {
  const plugin = timeout()
  const later = fakeClock()
  const [first, second] = [createPipe({ plugins: [plugin], clock }), createPipe({ plugins: [plugin], clock: later })]
  const step = oneStep(() => 'done')
  expect(await first.run(step)).toBe('done')
  await expect(second.run(step)).rejects.toMatchObject({
    code: 'PLUGIN_SETUP_FAILED',
    cause: { code: 'PLUGIN_INVALID', message: 'This plugin belongs to another pipe: call timeout() for each pipe.' },
  })
  await first.close()
  const { result } = second.start(oneStep(never))
  await later.advance('5s')
  expect((await result).steps['a']).toMatchObject({ status: 'failed', durationMs: 5_000 })
})
