import { createPipe, pipeline, PipelineError, type Plugin, systemClock } from '@pipe/core'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { durable, memoryStore, type StateStore } from '../src/index.ts'
import { agingStore } from './support/process.ts'

const heir = { owner: 'heir', leaseMs: 30_000, maxCrashes: 5 }

/** How long a process stood still by its own clocks, ms. */
interface Slept {
  readonly monotonic: number
  readonly wall: number
}

const STOPPED: Slept = { monotonic: 31_000, wall: 31_000 }
const SUSPENDED: Slept = { monotonic: 0, wall: 31_000 }

/** A process whose run another one takes, when it has stood still for longer than its lease. */
function sleeper(slept: Slept = STOPPED) {
  const { store, age } = agingStore()
  let [monotonic, wall] = [0, 0]
  return {
    store,
    clock: { ...systemClock, monotonic: () => performance.now() + monotonic, now: () => Date.now() + wall },
    sleep: async () => {
      monotonic += slept.monotonic
      wall += slept.wall
      age(31_000)
      await store.acquire({ id: 'run-1', pipeline: 'p', data: '' }, heir)
    },
  }
}

describe('a process that stood still while another one took its run', () => {
  test.each([
    ['since it was stopped', STOPPED],
    ['since the machine was suspended, and with it its monotonic clock', SUSPENDED],
    ['and whose wall clock was set back meanwhile', { monotonic: 31_000, wall: -3_600_000 }],
  ])('begins nothing before it has asked the store: %s', async (_, slept) => {
    const { store, clock, sleep } = sleeper(slept)
    const [next, item] = [vi.fn(), vi.fn()]
    const defined = pipeline('p', (p) => {
      const first = p.step('first', { run: () => 1 })
      return {
        next: p.step('next', { needs: { first }, run: next }),
        items: p.map('items', { needs: { first }, over: () => [1], run: item }),
      }
    })
    const sleepy: typeof store = {
      ...store,
      commit: async (...commit) => {
        const isKept = await store.commit(...commit)
        await sleep()
        return isKept
      },
    }
    const pipe = createPipe({ plugins: [durable({ store: sleepy })], clock })
    const { error } = await pipe.start(defined, undefined, { id: 'run-1' }).result
    expect(error?.code).toBe('LEASE_LOST')
    expect([next.mock.calls.length, item.mock.calls.length]).toEqual([0, 0])
  })

  test('and does not know, since all of its clocks stood still, records nothing of what it begins', async () => {
    const { store, clock, sleep } = sleeper({ monotonic: 0, wall: 0 })
    const [a, b, undo] = [vi.fn(() => sleep().then(() => 'a')), vi.fn(), vi.fn()]
    const defined = pipeline('p', (p) => {
      const first = p.step('first', { run: () => 1, undo })
      return { a: p.step('a', { needs: { first }, run: a, undo }), b: p.step('b', { needs: { first }, run: b, undo }) }
    })
    const pipe = createPipe({ plugins: [durable({ store })], clock })
    const { error } = await pipe.start(defined, undefined, { id: 'run-1', concurrency: 1 }).result
    expect(error?.code).toBe('LEASE_LOST')
    expect([a.mock.calls.length, b.mock.calls.length, undo.mock.calls.length]).toEqual([1, 0, 0])
    expect((await store.entries('run-1')).items.map(({ key }) => key)).toEqual(['s:first'])
    expect(await store.get('run-1')).toMatchObject({ status: 'running', owner: 'heir', crashes: 1 })
  })

  test.each([
    ['since it was stopped', { monotonic: 31_000, wall: 31_000 }],
    ['since the machine was suspended', { monotonic: 0, wall: 31_000 }],
    ['or seems to, since the clock was set', { monotonic: 0, wall: 3_600_000 }],
  ])('goes on when nobody took it: %s', async (_, jump) => {
    const { store, clock } = sleeper()
    let slept = 0
    const renew = vi.fn(store.renew.bind(store))
    const stood = {
      ...clock,
      monotonic: () => clock.monotonic() + slept * jump.monotonic,
      now: () => clock.now() + slept * jump.wall,
    }
    const defined = pipeline('p', (p) => {
      const first = p.step('first', { run: () => (slept = 1) })
      return p.map('items', { needs: { first }, over: () => [1, 2, 3], run: (item) => item * 2 })
    })
    const pipe = createPipe({ plugins: [durable({ store: { ...store, renew } })], clock: stood })
    expect(await pipe.run(defined, undefined, { id: 'run-1' })).toEqual([2, 4, 6])
    expect(renew).toHaveBeenCalledTimes(1)
  })

  test('tries nothing again', async () => {
    const { store, clock, sleep } = sleeper()
    const fails = vi.fn(() => Promise.reject(new Error('later')))
    const defined = pipeline('p', (p) => p.step('fails', { run: fails }))
    const again: Plugin = { name: 'again', policy: () => () => ({ retryAt: 0 }) }
    const sleepy: typeof store = {
      ...store,
      commit: async (...commit) => {
        const isKept = await store.commit(...commit)
        await sleep()
        return isKept
      },
    }
    const pipe = createPipe({ plugins: [durable({ store: sleepy }), again], clock })
    const { error } = await pipe.start(defined, undefined, { id: 'run-1' }).result
    expect([fails.mock.calls.length, error?.code]).toEqual([1, 'LEASE_LOST'])
  })

  test('undoes no more of it, and says that it lost it', async () => {
    const { store, clock, sleep } = sleeper()
    const [one, two] = [vi.fn(), vi.fn(sleep)]
    const defined = pipeline('p', (p) => {
      const a = p.step('a', { run: () => 'a', undo: one })
      const b = p.step('b', { needs: { a }, run: () => 'b', undo: two })
      return p.step('c', {
        needs: { b },
        run: () => {
          throw new Error('never')
        },
      })
    })
    const pipe = createPipe({ plugins: [durable({ store })], clock })
    const { error } = await pipe.start(defined, undefined, { id: 'run-1' }).result
    expect([two.mock.calls.length, one.mock.calls.length, error?.code]).toEqual([1, 0, 'LEASE_LOST'])
    expect(await store.get('run-1')).toMatchObject({ status: 'running', owner: 'heir' })
  })
})

describe('a store that does not answer', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  const never = () => new Promise<never>(() => undefined)
  const untilAborted = (_: unknown, { signal }: { readonly signal: AbortSignal }) =>
    new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)))

  /** Starts a run with a lease of 10 s on a store some of whose methods are others. */
  const start = (
    methods: Partial<StateStore>,
    run: (needs: unknown, ctx: { readonly signal: AbortSignal }) => unknown,
  ) => {
    const store: StateStore = { ...memoryStore(), ...methods }
    const ended = vi.fn<(code: unknown) => void>()
    const undo = vi.fn()
    const defined = pipeline('p', (p) => {
      const a = p.step('a', { durable: 'none', run: () => 1, undo })
      return p.step('b', { needs: { a }, run })
    })
    const pipe = createPipe({ plugins: [durable({ store, lease: '10s' })] })
    const started = pipe.start(defined, undefined, { id: 'run-1' })
    void started.result.then(({ error }) => ended(error?.code))
    return { pipe, ended, undo }
  }

  test('to renewals has the run for 0.8 of the lease: then the process gives it up, and undoes nothing', async () => {
    const { ended, undo } = start({ renew: never }, untilAborted)
    await vi.advanceTimersByTimeAsync(7_999)
    expect(ended).not.toHaveBeenCalled()
    await vi.advanceTimersByTimeAsync(2)
    expect(ended).toHaveBeenCalledWith('LEASE_LOST')
    expect(undo).not.toHaveBeenCalled()
    expect(vi.getTimerCount()).toBe(0)
  })

  test('when the wall clock was set forwards is asked for as long as ever: the lease is good by the other clock', async () => {
    const store = memoryStore()
    let isAway = false
    const renew: StateStore['renew'] = async (...args) => {
      if (isAway) throw new PipelineError('STORE_UNAVAILABLE', 'Away.')
      return await store.renew(...args)
    }
    const { ended, pipe } = start({ ...store, renew }, untilAborted)
    await vi.advanceTimersByTimeAsync(3_000)
    vi.setSystemTime(Date.now() + 3_600_000)
    isAway = true
    await vi.advanceTimersByTimeAsync(4_000)
    isAway = false
    await vi.advanceTimersByTimeAsync(10_000)
    expect(ended).not.toHaveBeenCalled()
    const closed = pipe.close({ grace: 0 })
    await vi.advanceTimersByTimeAsync(0)
    await closed
  })

  test('any more, after it has for a while, has it as long since it was last asked what it answered', async () => {
    const store = memoryStore()
    let calls = 0
    const renew: StateStore['renew'] = async (...args) => (++calls > 3 ? await never() : await store.renew(...args))
    const { ended } = start({ ...store, renew }, untilAborted)
    await vi.advanceTimersByTimeAsync(3 * 3_334 + 7_990)
    expect(ended).not.toHaveBeenCalled()
    await vi.advanceTimersByTimeAsync(10)
    expect(ended).toHaveBeenCalledWith('LEASE_LOST')
  })

  test('to a commit does not hold up the end of a run that is lost', async () => {
    const { ended } = start({ renew: never, commit: never }, () => 2)
    await vi.advanceTimersByTimeAsync(8_001)
    expect(ended).toHaveBeenCalledWith('LEASE_LOST')
  })

  test('to a hint or two is asked on: one answer is enough', async () => {
    const store = memoryStore()
    const hints: ((id: string) => void)[] = []
    let calls = 0
    const renew: StateStore['renew'] = async (...args) =>
      ++calls % 2 === 1 ? await never() : await store.renew(...args)
    const watch: StateStore['watch'] = (listener) => (hints.push(listener), () => undefined)
    const { ended, pipe } = start({ ...store, renew, watch }, untilAborted)
    for (let i = 0; i < 10; i++) {
      await vi.advanceTimersByTimeAsync(4_000)
      for (const hint of hints) hint('run-1')
    }
    expect(ended).not.toHaveBeenCalled()
    const closed = pipe.close({ grace: 0 })
    await vi.advanceTimersByTimeAsync(0)
    await closed
  })

  test('before the process stands still has not failed to answer: what came meanwhile is read first', async () => {
    const store = memoryStore()
    const deadline = performance.now() + 8_000
    const renew: StateStore['renew'] = async (...args) => {
      const renewed = await store.renew(...args)
      const left = Math.max(0, deadline - performance.now())
      return await new Promise((resolve) => setTimeout(() => resolve(renewed), left)) // just after the deadline
    }
    const { ended, pipe } = start({ ...store, renew }, untilAborted)
    await vi.advanceTimersByTimeAsync(9_000)
    expect(ended).not.toHaveBeenCalled()
    const closed = pipe.close({ grace: 0 })
    await vi.advanceTimersByTimeAsync(0)
    await closed
  })

  test('to the run that is handed back is waited for as long as the lease', async () => {
    const { ended, pipe } = start({ release: never }, untilAborted)
    await vi.advanceTimersByTimeAsync(0)
    void pipe.close({ grace: 0 })
    await vi.advanceTimersByTimeAsync(10_000)
    expect(ended).toHaveBeenCalledWith('SHUTDOWN')
    expect(vi.getTimerCount()).toBe(0)
  })
})

describe('a lease', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  test('counts from the question, not from the answer: what took too long is confirmed before anything begins', async () => {
    const { store, age } = agingStore()
    const slow: StateStore = {
      ...store,
      acquire: async (...request) => {
        const acquired = await store.acquire(...request)
        await new Promise((resolve) => setTimeout(resolve, 9_000))
        return acquired
      },
    }
    const run = vi.fn()
    const pipe = createPipe({ plugins: [durable({ store: slow, lease: '10s' })] })
    const { result } = pipe.start(
      pipeline('p', (p) => p.step('a', { run })),
      undefined,
      { id: 'run-1' },
    )
    await vi.advanceTimersByTimeAsync(8_500)
    age(2_000)
    await store.acquire({ id: 'run-1', pipeline: 'p', data: '' }, heir)
    await vi.advanceTimersByTimeAsync(500)
    expect((await result).error?.code).toBe('LEASE_LOST')
    expect(run).not.toHaveBeenCalled()
  })

  test('is renewed a third of it after the question', async () => {
    const store = memoryStore()
    const renew = vi.fn(store.renew.bind(store))
    const slow: StateStore = {
      ...store,
      renew,
      acquire: async (...request) => {
        const acquired = await store.acquire(...request)
        await new Promise((resolve) => setTimeout(resolve, 3_000))
        return acquired
      },
    }
    const pipe = createPipe({ plugins: [durable({ store: slow, lease: '10s' })] })
    const sleeps = pipeline('p', (p) => p.step('a', { run: () => new Promise((resolve) => setTimeout(resolve, 500)) }))
    const run = pipe.run(sleeps, undefined, { id: 'run-1' })
    await vi.advanceTimersByTimeAsync(3_300)
    expect(renew).not.toHaveBeenCalled()
    await vi.advanceTimersByTimeAsync(100)
    expect(renew).toHaveBeenCalledTimes(1)
    await vi.advanceTimersByTimeAsync(100)
    await run
  })

  test.each([99, '25d', Infinity, -1, NaN] as const)('of %s is refused', (lease) => {
    expect(() => durable({ store: memoryStore(), lease })).toThrow(
      expect.objectContaining({ code: 'OPTION_INVALID' }) as Error,
    )
  })

  test('of many days is renewed every third of it, not all the time', async () => {
    const store = memoryStore()
    const renew = vi.fn(store.renew.bind(store))
    const pipe = createPipe({ plugins: [durable({ store: { ...store, renew }, lease: '24d' })] })
    const day = 86_400_000
    const waits = pipeline('p', (p) =>
      p.step('a', { run: () => new Promise((resolve) => setTimeout(resolve, 20 * day)) }),
    )
    const run = pipe.run(waits, undefined, { id: 'run-1' })
    await vi.advanceTimersByTimeAsync(20 * day)
    await run
    expect(renew).toHaveBeenCalledTimes(2)
  })
})
