import { pipeline, type Plugin } from '@pipe/core'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { memoryStore, recover, type Recovery, runsIn, sqliteStore, type StateStore } from '../src/index.ts'
import { type FakeProcess, type ProcessOptions, startProcess } from './support/process.ts'

const [SECOND, MINUTE, HOUR] = [1_000, 60_000, 3_600_000]
const LEASE = 10 * SECOND
/** How long it takes at most until a lease that has run out is noticed. */
const NOTICED = 1.2 * SECOND

/** Sets the wall clock of the machine; timers and the monotonic clock go on as before. */
const set = (ms: number) => vi.setSystemTime(Date.now() + ms)
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms)
const later = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))

const stores = [
  ['memory', () => memoryStore()],
  ['sqlite', () => sqliteStore({ file: ':memory:' })],
] as const

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date', 'performance'] }))
afterEach(() => void vi.useRealTimers())

/** What a process did, and when by the monotonic clock: `first #1`. */
interface Done {
  readonly who: string
  readonly what: string
  readonly at: number
}

/** Processes on one store, which do the same work. */
async function lab(store: StateStore) {
  await store.open()
  const done: Done[] = []
  const recoveries: Recovery[] = []
  const processes: FakeProcess[] = []
  /** A process, and its pipeline: a step, one that takes a minute, and one that says who did that. */
  const start = (who: string, options: ProcessOptions = {}, ...plugins: readonly Plugin[]) => {
    const note = ({ stepId, attempt }: { readonly stepId: string; readonly attempt: number }) =>
      void done.push({ who, what: `${stepId} #${attempt}`, at: performance.now() })
    const work = pipeline('work', (p) => {
      const first = p.step('first', { run: (_, ctx) => note(ctx), undo: (_, ctx) => note(ctx) })
      const long = p.step('long', {
        needs: { first },
        run: async (_, ctx) => {
          note(ctx)
          await later(MINUTE)
          return who
        },
      })
      return p.step('last', { needs: { long }, run: ({ long }, ctx) => (note(ctx), long) })
    })
    const flaky = pipeline('flaky', (p) =>
      p.step('flaky', {
        run: (_, ctx) => {
          note(ctx)
          if (ctx.attempt === 1) throw new Error('later')
          return who
        },
      }),
    )
    const process = startProcess(store, { lease: LEASE, ...options }, ...plugins)
    processes.push(process)
    return {
      ...process,
      work: () => process.pipe.start(work, undefined, { id: 'run-1' }),
      flaky: () => process.pipe.start(flaky, undefined, { id: 'run-1' }),
      /** Looks for runs every second. */
      recovers: () => {
        recoveries.push(recover(process.pipe, { store, pipelines: [work, flaky], every: SECOND, onError: vi.fn() }))
      },
    }
  }
  return {
    start,
    done: (what: string) => done.filter((one) => one.what === what).map(({ who }) => who),
    at: (what: string) => done.filter((one) => one.what === what).map(({ at }) => at),
    run: async () => (await runsIn(store).get('run-1'))!,
    end: async () => {
      await Promise.all(recoveries.map((recovery) => recovery.stop()))
      for (const { kill } of processes) kill()
      await store.close()
    },
  }
}

/** Tries again what failed, after so long. */
const again = (ms: number): Plugin => ({
  name: 'again',
  policy:
    () =>
    ({ ctx }) => ({ retryAt: ctx.now() + ms }),
})

describe.each(stores)('%s: when the clock of the machine is set while a process has a run', (_, make) => {
  test.each([[[-HOUR]], [[-1]], [[-HOUR, -MINUTE, -24 * HOUR]], [[-HOUR, SECOND, -HOUR, 2 * SECOND]]])(
    'back, or hardly forwards, by %o ms, it keeps the run, and renews it as often as before',
    async (steps) => {
      const store = make()
      const renew = vi.spyOn(store, 'renew')
      const { start, done, run, end } = await lab(store)
      start('other').recovers()
      const { result } = start('owner').work()
      await pass(SECOND)
      for (const ms of steps) {
        set(ms)
        await pass(5 * SECOND)
        expect(await run()).toMatchObject({ state: 'running', held: true, crashes: 0 })
      }
      await pass(MINUTE)
      expect(await result).toMatchObject({ status: 'succeeded', output: 'owner' })
      expect([done('first #1'), done('long #1'), done('last #1')]).toEqual([['owner'], ['owner'], ['owner']])
      expect(renew).toHaveBeenCalledTimes(18) // in the minute that it took, every third of its lease
      await end()
    },
  )

  test.each([[[HOUR]], [[HOUR, -HOUR, HOUR]], [[-HOUR, 2 * HOUR, 24 * HOUR]]])(
    'by %o ms, and nobody looks before it renews, it keeps the run',
    async (steps) => {
      const { start, done, run, end } = await lab(make())
      const { result } = start('owner').work()
      for (const ms of steps) {
        await pass(SECOND)
        set(ms)
        await pass(4 * SECOND)
        expect(await run()).toMatchObject({ state: 'running', held: true, crashes: 0 })
      }
      start('other').recovers()
      await pass(MINUTE)
      expect(await result).toMatchObject({ status: 'succeeded', output: 'owner' })
      expect(done('long #1')).toEqual(['owner'])
      await end()
    },
  )

  test('forwards, and another process looks first, that one goes on, and the first records nothing more', async () => {
    const store = make()
    const { start, done, run, end } = await lab(store)
    const { result } = start('owner').work()
    await pass(LEASE)
    start('other').recovers()
    set(HOUR)
    await pass(NOTICED)
    expect(await run()).toMatchObject({ state: 'running', held: true, crashes: 1 })
    const { fence } = (await store.get('run-1'))!
    await pass(LEASE + MINUTE)
    expect((await result).error?.code).toBe('LEASE_LOST')
    expect(await run()).toMatchObject({ state: 'succeeded', output: 'other', crashes: 1 })
    expect((await store.get('run-1'))!.fence).toBe(fence)
    expect([done('first #1'), done('long #1'), done('last #1')]).toEqual([['owner'], ['owner', 'other'], ['other']])
    await end()
  })

  test.each([[[-HOUR, -HOUR]], [[HOUR, -2 * HOUR, HOUR]]])(
    'by %o ms while it is paused, nobody takes it, and it goes on when it is resumed',
    async (steps) => {
      const store = make()
      const { start, done, run, end } = await lab(store)
      start('other').recovers()
      const { result } = start('owner').work()
      await pass(SECOND)
      await runsIn(store).pause('run-1')
      for (const ms of steps) {
        set(ms)
        await pass(MINUTE)
        expect(await run()).toMatchObject({ state: 'paused', held: true, crashes: 0 })
      }
      expect([done('long #1'), done('last #1')]).toEqual([['owner'], []])
      await runsIn(store).resume('run-1')
      await pass(LEASE)
      expect(await result).toMatchObject({ status: 'succeeded', output: 'owner' })
      await end()
    },
  )
})

describe.each(stores)('%s: when the clock of the machine is set and a process is dead', (_, make) => {
  test.each([[[-HOUR]], [[-24 * HOUR, -HOUR]], [[HOUR, -2 * HOUR]], [[HOUR]]])(
    'by %o ms, another one goes on with its run not later than when the lease has passed once more',
    async (steps) => {
      const { start, done, run, end } = await lab(make())
      const dead = start('dead')
      void dead.work().result
      await pass(5 * SECOND)
      dead.kill()
      for (const ms of steps) set(ms)
      start('heir').recovers()
      await pass(LEASE + NOTICED)
      expect(done('long #1')).toEqual(['dead', 'heir'])
      await pass(MINUTE)
      expect(await run()).toMatchObject({ state: 'succeeded', output: 'heir', crashes: 1 })
      expect(done('first #1')).toEqual(['dead'])
      await end()
    },
  )

  test.each([-HOUR, HOUR])('by %s ms while others take in its run, one of them goes on with it', async (ms) => {
    const store = make()
    let isSet = false
    const entries: StateStore['entries'] = async (...asked) => {
      if (!isSet) set(ms)
      isSet = true
      await later(2 * SECOND)
      return await store.entries(...asked)
    }
    const { start, done, run, end } = await lab({ ...store, entries })
    const dead = start('dead')
    void dead.work().result
    await pass(5 * SECOND)
    dead.kill()
    for (const who of ['one', 'two']) start(who).recovers()
    await pass(2 * MINUTE)
    expect(isSet).toBe(true)
    expect(await run()).toMatchObject({ state: 'succeeded', output: done('last #1')[0] })
    expect([done('first #1'), done('last #1').length]).toEqual([['dead'], 1])
    await end()
  })

  test('back by an hour, what could not be started is tried again as soon as ever', async () => {
    const store = make()
    const { start, done, end } = await lab(store)
    const dead = start('dead')
    void dead.work().result
    await pass(5 * SECOND)
    dead.kill()
    const refuses = vi.spyOn(store, 'acquire').mockRejectedValue(new Error('no'))
    start('heir').recovers()
    await pass(LEASE)
    expect(refuses).toHaveBeenCalled()
    set(-HOUR)
    refuses.mockRestore()
    await pass(LEASE + 2 * SECOND + NOTICED)
    expect(done('long #1')).toEqual(['dead', 'heir'])
    await end()
  })
})

describe.each(stores)('%s: a wait for another attempt', (_, make) => {
  const WAIT = 10 * MINUTE

  test.each([[[HOUR]], [[-HOUR]], [[HOUR, -3 * HOUR, HOUR]]])(
    'is as long as it should be when the clock is set by %o ms meanwhile, in one process',
    async (steps) => {
      const { start, at, end } = await lab(make())
      const { result } = start('owner', {}, again(WAIT)).flaky()
      await pass(0)
      for (const ms of steps) {
        await pass(MINUTE)
        set(ms)
      }
      await pass(WAIT)
      expect((await result).output).toBe('owner')
      expect(at('flaky #2')[0]! - at('flaky #1')[0]!).toBe(WAIT)
      await end()
    },
  )

  /** Lets a process die two minutes after it began to wait, sets the clock, and lets another go on: how long the wait was in all. */
  const waited = async (ms: number, owner: ProcessOptions = {}, heir: ProcessOptions = {}) => {
    const { start, at, done, run, end } = await lab(make())
    const dead = start('dead', owner, again(WAIT))
    void dead.flaky().result
    await pass(2 * MINUTE)
    dead.kill()
    set(ms)
    start('heir', heir, again(WAIT)).recovers()
    await pass(2 * WAIT)
    expect(done('flaky #2')).toEqual(['heir'])
    expect(await run()).toMatchObject({ state: 'succeeded', output: 'heir' })
    await end()
    return at('flaky #2')[0]! - at('flaky #1')[0]!
  }

  test('goes on in another process', async () => {
    expect(await waited(0)).toBeCloseTo(WAIT, -2)
  })

  test.each([HOUR, -HOUR])('goes on in another process, also when the first was wrong by %s ms', async (ms) => {
    expect(await waited(0, { now: () => Date.now() + ms })).toBeCloseTo(WAIT, -2)
    expect(await waited(0, {}, { now: () => Date.now() + ms })).toBeCloseTo(WAIT, -2)
  })

  test('begins anew, and no more than that, when the clock was set back before another process goes on', async () => {
    expect(await waited(-24 * HOUR)).toBeLessThan(2 * MINUTE + LEASE + NOTICED + WAIT)
  })

  test('is shorter by as much as the clock was set forwards before another process goes on', async () => {
    expect(await waited(5 * MINUTE)).toBeCloseTo(WAIT - 5 * MINUTE, -2)
    expect(await waited(24 * HOUR)).toBeLessThan(2 * MINUTE + LEASE + NOTICED)
  })
})
