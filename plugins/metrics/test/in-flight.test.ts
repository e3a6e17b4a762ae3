import fc from 'fast-check'
import { createPipe, pipeline, type PipelineError, type Plugin, type StepContext, type } from '@pipe/core'
import { fakeClock } from '@pipe/testing'
import { describe, expect, test } from 'vitest'
import { metrics } from '../src/index.ts'
import { recordingSink } from './support/recording-sink.ts'

/** What a step does. */
const works = {
  answers: () => 1,
  promises: () => Promise.resolve(1),
  throws: () => {
    throw new Error('boom')
  },
  rejects: () => Promise.reject<number>(new Error('boom')),
  takes: (ctx: StepContext, clock: ReturnType<typeof fakeClock>) =>
    new Promise<number>((resolve) => clock.setTimeout(() => resolve(ctx.attempt), 20)),
  listens: ({ signal }: StepContext) =>
    new Promise<number>((_, no) => signal.addEventListener('abort', () => no(signal.reason as Error))),
  isDeaf: () => new Promise<number>(() => undefined),
} satisfies Record<string, (ctx: StepContext, clock: ReturnType<typeof fakeClock>) => unknown>

const meddlers: Record<string, Plugin> = {
  none: { name: 'none' },
  again: {
    name: 'again',
    policy:
      () =>
      ({ attempt, ctx }) =>
        attempt < 3 ? { retryAt: ctx.now() + 5 } : undefined,
  },
  // Ends attempts that take their time, so that functions are given up.
  limit: {
    name: 'limit',
    attempt: () => (ctx, next) => {
      void Promise.resolve().then(() => ctx.abort(new Error('too long')))
      return next()
    },
  },
  twice: {
    name: 'twice',
    step: () => async (_, next) => {
      await next()
      return next()
    },
  },
  early: { name: 'early', step: () => (_, next) => Promise.race([next(), Promise.resolve('early')]) },
  restores: { name: 'restores', step: ({ id }) => (id === 'a' ? () => 'known' : undefined) },
  // A run middleware that does not wait.
  hasty: { name: 'hasty', run: (_, next) => Promise.race([next(), Promise.resolve().then(() => 'hasty')]) },
}

const work = fc.constantFrom(...(Object.keys(works) as (keyof typeof works)[]))
const scene = fc.record({
  works: fc.tuple(work, work, work, work),
  meddler: fc.constantFrom(...Object.keys(meddlers)),
  optional: fc.boolean(),
  failure: fc.constantFrom('fail-fast', 'continue'),
  concurrency: fc.constantFrom(undefined, 1, 2),
  end: fc.constantFrom('cancel', 'timeout', 'pause'),
})

describe('what is in flight', () => {
  test('is nothing once every run has ended, however it did', async () => {
    await fc.assert(
      fc.asyncProperty(scene, async ({ works: [a, b, c, d], meddler, optional, failure, concurrency, end }) => {
        const clock = fakeClock()
        const recording = recordingSink()
        const doing = (name: keyof typeof works) => (_: unknown, ctx: StepContext) => works[name](ctx, clock)
        const inner = pipeline('inner', { input: type<unknown>() }, (p) => {
          const c1 = p.step('c', { run: doing(c) })
          return p.step('d', { needs: { c1 }, optional, run: doing(d) })
        })
        const defined = pipeline('outer', (p) => {
          const one = p.step('a', { optional, run: doing(a), undo: () => undefined })
          const map = p.map('map', { over: () => [1, 2, 3], concurrency: 2, optionalItems: optional, run: doing(b) })
          const call = p.call('call', inner, { input: () => 1 })
          const each = p.map('each', { over: () => [1, 2], run: inner })
          const loop = p.loop('loop', inner, { input: () => 1, until: () => true, max: 2 })
          const either = p.fallback('either', { alternatives: { x: doing(a), y: doing(b) } })
          return { one, map, call, each, loop, last: p.step('last', { needs: { one, either }, run: doing(c) }) }
        })
        const reports: PipelineError[] = []
        const broken = () => {
          throw new Error('my dashboard is down')
        }
        const pipe = createPipe({
          plugins: [
            {
              name: 'broken',
              hooks: { 'step:start': broken, 'step:end': broken, 'map:item': broken, 'run:end': broken },
            },
            meddlers[meddler]!,
            metrics({ sink: recording.sink }),
          ],
          clock,
          onError: (error) => reports.push(error),
        })
        const limits = { failure, ...(concurrency !== undefined && { concurrency }), grace: 50 } as const
        const run = pipe.start(defined, undefined, { ...limits, ...(end === 'timeout' && { timeout: 30 }) })
        await clock.advance(10)
        if (end === 'pause' && run.status === 'running') run.pause()
        await clock.advance(25)
        if (run.status === 'paused') run.resume()
        if (end !== 'timeout') run.cancel()
        await clock.advance(1_000)
        await run.result
        await pipe.close()
        expect(Object.values(recording.of('pipe.active_runs'))).toEqual([0])
        expect(Object.entries(recording.of('pipe.active_steps')).filter(([, active]) => active !== 0)).toEqual([])
        expect(Object.values(recording.of('pipe.runs'))).toEqual([1])
        expect(reports.every(({ message }) => message.includes('my dashboard is down'))).toBe(true)
      }),
      { numRuns: 300 },
    )
  })
})
