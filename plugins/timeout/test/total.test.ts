import { createPipe, definePlugin, pipeline, type PipelineError, type Plugin } from '@pipe/core'
import { fakeClock } from '@pipe/testing'
import { beforeEach, expect, test, vi } from 'vitest'
import { timeout, type TimeoutOptions } from '../src/index.ts'

let clock = fakeClock()
beforeEach(() => {
  clock = fakeClock()
})

const boom = new Error('boom')

/** Tries again for ever, so many milliseconds later. */
const again = (delay: number, overlap = false): Plugin =>
  definePlugin({
    name: 'again',
    policy:
      () =>
      ({ ctx }) => ({ retryAt: ctx.now() + delay, overlap }),
  })

const start = (run: (signal: AbortSignal) => unknown, limits: TimeoutOptions, plugins: readonly Plugin[]) =>
  createPipe({ plugins, clock }).start(
    pipeline('p', (p) => p.step('a', { timeout: limits, run: (_, { signal }) => run(signal) })),
  )

const untilTold = (signal: AbortSignal) =>
  new Promise<never>((_, reject) =>
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true }),
  )

const fails = () => {
  throw boom
}

test('a step that is done in time is not touched', async () => {
  const { result } = start(() => 'done', { total: '5s' }, [timeout()])
  await clock.advance(0)
  expect(await result).toMatchObject({ output: 'done', steps: { a: { status: 'succeeded', attempts: 1 } } })
  expect(clock.timers).toBe(0)
})

test.each([
  ['before', [timeout(), again(1_000)]],
  ['after', [again(1_000), timeout()]],
])('attempts and the waits between them end together, with timeout %s the one that retries', async (_, plugins) => {
  const run = vi.fn(fails)
  const { result } = start(run, { total: '4.5s' }, plugins)
  await clock.advance('4.5s')
  const { steps } = await result
  expect(steps['a']).toMatchObject({
    status: 'failed',
    durationMs: 4_500,
    error: { code: 'TIMEOUT', plugin: 'timeout' },
  })
  expect(steps['a']?.error?.message).toBe(
    'The attempts of step "a" of pipeline "p" took longer than 4500 ms, the limit of `timeout.total`.',
  )
  expect(run).toHaveBeenCalledTimes(5)
  expect(clock.timers).toBe(0)
  await clock.advance('1h')
  expect(run).toHaveBeenCalledTimes(5)
})

test('the attempt that is running is told, and not followed by another', async () => {
  let reason: unknown
  const run = vi.fn((signal: AbortSignal) => {
    signal.addEventListener('abort', () => {
      reason = signal.reason
    })
    return untilTold(signal)
  })
  const { result } = start(run, { total: '5s' }, [again(0), timeout()])
  await clock.advance('1h')
  expect((await result).steps['a']).toMatchObject({ status: 'failed', durationMs: 5_000 })
  expect(run).toHaveBeenCalledOnce()
  expect(reason).toMatchObject({ code: 'TIMEOUT', step: 'a' } satisfies Partial<PipelineError>)
})

test('a function that does not return is recorded as still running', async () => {
  const { result } = start(() => new Promise(() => undefined), { total: '5s' }, [timeout()])
  await clock.advance('5s')
  expect((await result).steps['a']).toMatchObject({ status: 'failed', stillRunning: true })
})

test('a limit for attempts and one for all of them hold together', async () => {
  const run = vi.fn(untilTold)
  const { result } = start(run, { attempt: '2s', total: '5s' }, [again(0), timeout()])
  await clock.advance('5s')
  expect(run).toHaveBeenCalledTimes(3)
  expect((await result).steps['a']).toMatchObject({ status: 'failed', durationMs: 5_000 })
})

test('each item of a map has it for itself', async () => {
  const map = pipeline('p', (p) =>
    p.map('m', {
      over: () => [1, 2],
      concurrency: 1,
      timeout: { total: '5s' },
      optionalItems: true,
      run: (_, { signal }) => untilTold(signal),
    }),
  )
  const { result } = createPipe({ plugins: [timeout()], clock }).start(map)
  await clock.advance('1m')
  expect((await result).steps).toMatchObject({ m: { durationMs: 10_000 }, 'm[1]': { error: { code: 'TIMEOUT' } } })
})

test('defaults may limit the attempts of every step together', async () => {
  const step = pipeline('p', (p) => p.step('a', { run: fails }))
  const { result } = createPipe({ plugins: [timeout({ total: '3s' }), again(1_000)], clock }).start(step)
  await clock.advance('1m')
  expect((await result).durationMs).toBe(3_000)
})
