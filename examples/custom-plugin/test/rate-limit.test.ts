import { createPipe, definePlugin, type Pipe, pipeline, type Plugin, type } from '@pipe/core'
import { retry } from '@pipe/retry'
import { type FakeClock, fakeClock, recordHooks } from '@pipe/testing'
import { timeout } from '@pipe/timeout'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { rateLimit } from '../src/rate-limit.ts'
import { RateLimits, rateLimits } from '../src/rate-limits.ts'

let clock: FakeClock
let began: number
let limits: RateLimits
beforeEach(() => {
  clock = fakeClock()
  began = clock.now()
  limits = rateLimits({ api: { permits: 1 }, burst: { permits: 2, per: '1s', burst: 3 } }, clock)
})

const pipeOf = (...plugins: readonly Plugin[]) =>
  createPipe({
    plugins: [rateLimit(limits), ...plugins],
    services: { 'rate-limits': limits },
    clock,
    random: () => 0.5,
  })

/** A function that notes when it is called, in seconds from the beginning. */
const timed = () => {
  const calls: number[] = []
  return { calls, run: () => void calls.push((clock.now() - began) / 1_000) }
}

const oneStep = (run: () => unknown, rateLimit = 'api') => pipeline('p', (p) => p.step('a', { rateLimit, run }))

describe('an attempt takes a permit', () => {
  test('for each item of a map', async () => {
    const { calls, run } = timed()
    const map = pipeline('p', (p) => p.map('m', { over: () => [1, 2, 3, 4, 5], rateLimit: 'burst', run }))
    const running = pipeOf().run(map)
    await clock.advance('1m')
    await running
    expect(calls).toEqual([0, 0, 0, 0.5, 1])
  })

  test('for each step that names the bucket, in the order in which they are ready', async () => {
    const { calls, run } = timed()
    const both = pipeline('p', (p) => p.group('g', { rateLimit: 'api', steps: { a: run, b: run, c: run } }))
    const running = pipeOf().run(both)
    await clock.advance('1m')
    await running
    expect(calls).toEqual([0, 1, 2])
  })

  test('for each run, of several pipes too', async () => {
    const { calls, run } = timed()
    const runs = [pipeOf(), pipeOf()].flatMap((pipe) => [pipe.run(oneStep(run)), pipe.run(oneStep(run))])
    await clock.advance('1m')
    await Promise.all(runs)
    expect(calls).toEqual([0, 1, 2, 3])
  })

  test('again when it is tried again: another attempt is another call', async () => {
    const { calls, run } = timed()
    const fails = () => {
      run()
      throw new Error('boom')
    }
    const step = pipeline('p', (p) =>
      p.step('a', { rateLimit: 'api', retry: { maxAttempts: 3, initialDelay: 100, jitter: 'none' }, run: fails }),
    )
    const { result } = pipeOf(retry()).start(step)
    await clock.advance('1m')
    expect((await result).steps['a']).toMatchObject({ status: 'failed', attempts: 3 })
    expect(calls).toEqual([0, 1, 2])
  })

  test('once, for all of a pipeline that is called', async () => {
    const { calls, run } = timed()
    const inner = pipeline('inner', (p) => p.group('g', { steps: { a: run, b: run } }))
    const outer = pipeline('p', (p) => {
      const one = p.call('one', inner, { rateLimit: 'api', input: () => undefined })
      return p.call('two', inner, { rateLimit: 'api', input: () => undefined, after: [one] })
    })
    const running = pipeOf().run(outer)
    await clock.advance('1m')
    await running
    expect(calls).toEqual([0, 0, 1, 1])
  })

  test('and none when the step is skipped', async () => {
    const { calls, run } = timed()
    const step = pipeline('p', (p) => {
      const never = p.step('never', { rateLimit: 'api', when: () => false, run })
      return p.step('then', { rateLimit: 'api', after: [never], run })
    })
    await pipeOf().run(step)
    expect(calls).toEqual([0])
  })

  test('of a bucket of its own with a rate instead of a name, for all runs of the pipe', async () => {
    const { calls, run } = timed()
    const pipe = pipeOf()
    const own = pipeline('p', (p) => p.step('a', { rateLimit: { permits: 6, per: '1m' }, run }))
    const runs = [pipe.run(own), pipe.run(own), pipe.run(oneStep(run))]
    await clock.advance('1m')
    await Promise.all(runs)
    expect(calls).toEqual([0, 0, 10])
  })
})

describe('a step', () => {
  const crawl = pipeline('crawl', { input: type<number>() }, (p) =>
    p.step('crawl', {
      uses: { limits: RateLimits },
      run: async ({ input }, { use, signal, now }) => {
        const times: number[] = []
        for (let n = 0; n < input; n++) {
          await use.limits.take('api', signal)
          times.push((now() - began) / 1_000)
        }
        return times
      },
    }),
  )

  test('asks for permits itself, from the bucket of the others', async () => {
    const { calls, run } = timed()
    const pipe = pipeOf()
    const runs = [pipe.run(crawl, 3), pipe.run(oneStep(run))] as const
    await clock.advance('1m')
    expect([await runs[0], calls]).toEqual([[0, 2, 3], [1]])
  })

  test('that asks for a bucket that is not there fails, with the names of those that are', async () => {
    const step = pipeline('p', (p) =>
      p.step('a', { uses: { limits: RateLimits }, run: (_, { use, signal }) => use.limits.take('pai', signal) }),
    )
    await expect(pipeOf().run(step)).rejects.toThrow(`(there are: 'api', 'burst'); got 'pai'`)
  })
})

describe('an abort during the wait', () => {
  /** Takes the permit, then starts a run that has to wait for the next one. */
  const waiting = async (pipe: Pipe<{ 'rate-limits': RateLimits }>, options: Parameters<typeof pipe.start>[2] = {}) => {
    await pipe.run(oneStep(() => undefined))
    const { calls, run } = timed()
    const started = pipe.start(oneStep(run), undefined, options)
    await clock.advance(1)
    return { calls, started }
  }

  test('settles the run at once, the step is not called, and the permit is the next one’s', async () => {
    const pipe = pipeOf()
    const { calls, started } = await waiting(pipe)
    const next = timed()
    const follower = pipe.run(oneStep(next.run))
    await clock.advance(1)
    started.cancel('enough')
    expect(await started.result).toMatchObject({
      status: 'cancelled',
      durationMs: 2,
      steps: { a: { status: 'cancelled' } },
    })
    await clock.advance('1m')
    await follower
    expect([calls, next.calls]).toEqual([[], [1]])
  })

  test('leaves no timer and nothing in the queue', async () => {
    const { started } = await waiting(pipeOf())
    expect(clock.timers).toBe(1)
    started.cancel()
    await started.result
    expect(clock.timers).toBe(0)
  })

  test('may be that of the limit of the run', async () => {
    const { calls, started } = await waiting(pipeOf(), { timeout: 500 })
    await clock.advance('1m')
    expect(await started.result).toMatchObject({ status: 'failed', durationMs: 500, error: { code: 'TIMEOUT' } })
    expect(calls).toEqual([])
  })

  const steps = (run: () => unknown) =>
    pipeline('p', (p) => p.step('a', { rateLimit: 'api', timeout: { attempt: 500 }, run }))

  test('is that of `timeout` when that plugin is before this one: the wait is part of the attempt', async () => {
    const pipe = createPipe({ plugins: [timeout(), rateLimit(limits)], clock })
    await pipe.run(steps(() => undefined))
    const { result } = pipe.start(steps(() => 'done'))
    await clock.advance('1m')
    expect((await result).steps['a']).toMatchObject({ status: 'failed', durationMs: 500, error: { code: 'TIMEOUT' } })
  })

  test('does not come from `timeout` when that plugin is after this one: its time begins with the permit', async () => {
    const pipe = createPipe({ plugins: [rateLimit(limits), timeout()], clock })
    await pipe.run(steps(() => undefined))
    const { result } = pipe.start(steps(() => 'done'))
    await clock.advance('1m')
    expect(await result).toMatchObject({ output: 'done', durationMs: 1_000 })
  })
})

describe('the event `rate-limit:wait`', () => {
  test('says who begins to wait, for what, behind how many and how long', async () => {
    const pipe = pipeOf()
    const hooks = recordHooks(pipe, ['rate-limit:wait'])
    const map = pipeline('p', (p) => p.map('m', { over: () => [1, 2, 3], rateLimit: 'api', run: () => undefined }))
    const { id, result } = pipe.start(map)
    await clock.advance('1m')
    await result
    const common = { type: 'rate-limit:wait', runId: id, pipeline: 'p', at: began, attempt: 1, bucket: 'api' }
    expect(hooks.of('rate-limit:wait')).toEqual([
      { ...common, stepId: 'm[1]', ahead: 0, waitMs: 1_000 },
      { ...common, stepId: 'm[2]', ahead: 1, waitMs: 2_000 },
    ])
  })

  test('is not sent when there is a permit', async () => {
    const pipe = pipeOf()
    const seen = vi.fn()
    pipe.events.on('rate-limit:wait', seen)
    await pipe.run(oneStep(() => undefined))
    expect(seen).not.toHaveBeenCalled()
  })

  test('names the step when the bucket is its own', async () => {
    const seen: string[] = []
    const observer = definePlugin({ name: 'observer', hooks: { 'rate-limit:wait': ({ bucket }) => seen.push(bucket) } })
    const map = pipeline('p', (p) =>
      p.map('m', { over: () => [1, 2], rateLimit: { permits: 1 }, run: () => undefined }),
    )
    const running = pipeOf(observer).run(map)
    await clock.advance('1m')
    await running
    expect(seen).toEqual(['m'])
  })
})

test('the object belongs to one pipe at a time', async () => {
  const plugin = rateLimit(limits)
  const [first, second] = [createPipe({ plugins: [plugin], clock }), createPipe({ plugins: [plugin], clock })]
  const step = pipeline('p', (p) => p.step('a', { run: () => 'done' }))
  await first.run(step)
  await expect(second.run(step)).rejects.toMatchObject({ cause: { code: 'PLUGIN_INVALID' } })
  await first.close()
  expect(await second.run(step)).toBe('done')
})
