import {
  type AttemptMiddleware,
  createPipe,
  derive,
  pipeline,
  type Plugin,
  type RunOptions,
  start,
  type StepContext,
} from '@pipe/core'
import { describe, expect, test } from 'vitest'
import { FakeClock } from './support/fake-clock.ts'
import { countAbortListeners } from './support/listeners.ts'

/** Waits for the clock, and for its signal, like well-behaved user code: it takes its own listener off again. */
const sleep =
  (clock: FakeClock, ms: number) =>
  (_: unknown, { signal }: StepContext) =>
    new Promise<string>((resolve, reject) => {
      const wake = () => {
        signal.removeEventListener('abort', stop)
        resolve('slept')
      }
      const stop = () => {
        signal.removeEventListener('abort', stop)
        clock.clearTimeout(timer)
        reject(signal.reason as Error)
      }
      const timer = clock.setTimeout(wake, ms)
      signal.addEventListener('abort', stop)
    })

/** Every kind of step, each sleeping; `bad` fails when it should. */
const everything = (clock: FakeClock, fails: boolean) => {
  const run = sleep(clock, 100)
  const inner = pipeline('inner', (p) => p.step('leaf', { run }))
  return pipeline('p', (p) => {
    const step = p.step('step', { run, undo: () => undefined })
    const map = p.map('map', { over: () => [1, 2, 3], concurrency: 2, run })
    const each = p.map('each', { over: () => [undefined, undefined], run: inner })
    const call = p.call('call', inner, { needs: { step }, input: () => undefined })
    const loop = p.loop('loop', inner as never, { input: () => undefined as never, until: (_, n) => n === 3, max: 3 })
    const either = p.fallback('either', { alternatives: { a: () => Promise.reject<string>(new Error('no')), b: run } })
    const bad = p.step('bad', {
      needs: { step },
      run: () => {
        if (fails) throw new Error('boom')
      },
    })
    return { map, each, call, loop, either, bad }
  })
}

/** Retries twice, limits each attempt by time, and derives a signal for it. */
const plugins = (clock: FakeClock, limitMs: number): readonly Plugin[] => {
  const limit: AttemptMiddleware = (ctx, next) => {
    const timer = clock.setTimeout(() => ctx.abort(new Error('late')), limitMs)
    ctx.defer(() => clock.clearTimeout(timer))
    return next(derive(ctx, { signal: AbortSignal.any([ctx.signal]) }))
  }
  return [
    {
      name: 'retry',
      policy:
        () =>
        ({ attempt }) =>
          attempt < 3 ? { retryAt: clock.now() + 50 } : undefined,
    },
    { name: 'limit', attempt: () => limit },
    { name: 'state', step: () => async (_, next) => next() },
    { name: 'run', run: (_, next) => next() },
  ]
}

interface Ending {
  readonly how: string
  readonly fails?: boolean
  readonly stop?: boolean
  readonly limitMs?: number
  readonly options?: RunOptions
  readonly ends: string
}
const endings: readonly Ending[] = [
  { how: 'succeeds', ends: 'succeeded' },
  { how: 'succeeds within its time', ends: 'succeeded', options: { timeout: '1h', grace: '1m' } },
  { how: 'succeeds one by one', ends: 'succeeded', options: { concurrency: 1 } },
  { how: 'fails', ends: 'failed', fails: true },
  { how: 'fails and goes on', ends: 'failed', fails: true, options: { failure: 'continue' } },
  { how: 'is cancelled', ends: 'cancelled', stop: true },
  { how: 'is cancelled with a grace', ends: 'cancelled', stop: true, options: { grace: '1m' } },
  { how: 'has steps that take too long', ends: 'failed', limitMs: 250 },
  { how: 'has steps that take too long, and a grace', ends: 'failed', limitMs: 250, options: { grace: '1m' } },
  { how: 'runs out of time', ends: 'failed', options: { timeout: 130 } },
]
// Only a plugin limits the time of a step.
const cases = endings.flatMap((ending) =>
  (ending.limitMs === undefined ? [false, true] : [true]).map((plugged) => ({ ...ending, plugged })),
)

describe('no timer and no listener is left after a run that', () => {
  test.each(cases)(
    '$how (plugins: $plugged)',
    async ({ fails = false, stop = false, limitMs = 1_000, options = {}, ends, plugged }) => {
      const clock = new FakeClock()
      const { signal } = new AbortController()
      const listeners = countAbortListeners()
      const pipe = createPipe({ clock, plugins: plugged ? plugins(clock, limitMs) : [] })
      const started = pipe.start(everything(clock, fails), undefined, { ...options, signal })
      await clock.advance(120)
      if (stop) started.cancel()
      for (let i = 0; i < 50 && started.status === 'running'; i++) await clock.advance(100)
      expect(started.status).toBe(ends)
      expect({ timers: clock.timers, listeners: listeners() }).toEqual({ timers: 0, listeners: 0 })
      expect(started.events.eventNames()).toEqual([])
      await pipe.close()
    },
  )
})

test('a signal that serves many runs keeps no listener of any of them', async () => {
  const { signal } = new AbortController()
  const listeners = countAbortListeners((one) => one === signal)
  const works = pipeline('p', (p) => p.step('a', { run: () => 1 }))
  const runs = Array.from({ length: 10 }, () => start(works, undefined, { signal }))
  expect(listeners()).toBe(10)
  await Promise.all(runs.map(({ result }) => result))
  expect(listeners()).toBe(0)
})
