import { PipelineError, pipeline, type } from '@pipe/core'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { memoryStore, recover, type Recovery, runsIn, type StateStore } from '../src/index.ts'
import { agingStore, startProcess } from './support/process.ts'

const never = () => new Promise<never>(() => undefined)
const untilAborted = (_: unknown, { signal }: { readonly signal: AbortSignal }) =>
  new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)))
const turn = () => new Promise<void>((resolve) => setTimeout(resolve))
const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error: unknown) => (error as PipelineError).code,
  )

/** A store that another process can ask, too: without hints, so that what is asked is found with the next renewal. */
const unwatched = (store: StateStore): StateStore =>
  new Proxy(store, { get: (target, name) => (name === 'watch' ? undefined : (Reflect.get(target, name) as unknown)) })

describe('a run that another process', () => {
  const undone = vi.fn()
  const saga = pipeline('saga', (p) => {
    const a = p.step('a', { run: () => 'A', undo: undone })
    return p.step('b', { needs: { a }, run: untilAborted })
  })

  test.each([
    ['with a hint', (store: StateStore) => store],
    ['at the next renewal', unwatched],
  ])('cancels is undone and has ended: it learns of it %s', async (_, seen) => {
    undone.mockClear()
    const store = memoryStore()
    const { pipe } = startProcess(seen(store), { lease: 100 })
    const started = pipe.start(saga, undefined, { id: 'run-1' })
    await vi.waitFor(async () => expect(await runsIn(store).steps('run-1')).toHaveLength(1))
    expect(await runsIn(store).cancel('run-1', 'wrong file')).toMatchObject({
      state: 'cancelling',
      held: true,
      reason: 'wrong file',
    })
    const { status, error } = await started.result
    expect([status, error?.code]).toEqual(['cancelled', 'CANCELLED'])
    expect(undone).toHaveBeenCalledTimes(1)
    expect(await runsIn(store).get('run-1')).toMatchObject({
      state: 'cancelled',
      held: false,
      error: { message: 'Pipeline "saga" was cancelled: wrong file.' },
    })
    expect((await runsIn(store).steps('run-1'))[0]).toMatchObject({ path: 'a', output: 'A', undone: true })
  })

  test('pauses starts nothing new until it is resumed', async () => {
    const store = memoryStore()
    const { pipe } = startProcess(store, { lease: 100 })
    let release: (value: string) => void = () => undefined
    const two = vi.fn(() => 'two')
    const defined = pipeline('p', (p) => {
      const one = p.step('one', { run: () => new Promise<string>((resolve) => (release = resolve)) })
      return p.step('two', { needs: { one }, run: two })
    })
    const started = pipe.start(defined, undefined, { id: 'run-1' })
    await vi.waitFor(async () => expect(await store.get('run-1')).toBeDefined())
    await turn()
    await runsIn(store).pause('run-1')
    await vi.waitFor(() => expect(started.status).toBe('paused'))
    release('one')
    await vi.waitFor(async () => expect(await runsIn(store).steps('run-1')).toHaveLength(1))
    expect(two).not.toHaveBeenCalled()
    expect((await runsIn(store).get('run-1'))?.state).toBe('paused')
    await runsIn(store).resume('run-1')
    expect(await started.output).toBe('two')
  })

  test('takes since the lease ran out is given up here: nothing is recorded, nothing undone', async () => {
    undone.mockClear()
    const { store, age } = agingStore()
    const zombie = startProcess(unwatched(store), { lease: 100 })
    const started = zombie.pipe.start(saga, undefined, { id: 'run-1' })
    await vi.waitFor(async () => expect(await runsIn(store).steps('run-1')).toHaveLength(1))
    const stolen = { owner: 'other', leaseMs: 60_000, maxCrashes: 5 }
    const { data } = (await store.get('run-1'))!
    age(200)
    const { fence } = await store.acquire({ id: 'run-1', pipeline: 'saga', data }, stolen)
    const before = await store.get('run-1')
    const { status, error } = await started.result
    expect([status, error?.code]).toEqual(['cancelled', 'LEASE_LOST'])
    expect(undone).not.toHaveBeenCalled()
    expect(await store.get('run-1')).toEqual(before)
    expect(fence).toBeGreaterThan(0)
  })
})

describe('a store that cannot be reached', () => {
  /** A store that is out of reach while `down` says so. */
  const flaky = (store: StateStore, down: () => boolean): StateStore =>
    new Proxy(store, {
      get: (target, name) => {
        const member: unknown = Reflect.get(target, name)
        if (typeof member !== 'function' || name === 'watch') return member
        return (...args: readonly unknown[]) =>
          down()
            ? Promise.reject(new PipelineError('STORE_UNAVAILABLE', 'The store is out of reach.'))
            : (Reflect.apply(member, target, args) as unknown)
      },
    })

  test('is asked again: what was returned meanwhile is recorded, and no step runs twice', async () => {
    const store = memoryStore()
    let down = false
    const one = vi.fn(() => {
      down = true
      setTimeout(() => (down = false), 60)
      return 1
    })
    const defined = pipeline('p', (p) => {
      const a = p.step('a', { run: one })
      return p.step('b', { needs: { a }, run: ({ a }) => a + 1 })
    })
    const { pipe } = startProcess(flaky(store, () => down))
    expect(await pipe.run(defined, undefined, { id: 'run-1' })).toBe(2)
    expect(one).toHaveBeenCalledTimes(1)
    expect(await runsIn(store).steps('run-1')).toHaveLength(2)
  })

  test('loses the run when that takes as long as the lease: nothing is undone, and it can be resumed', async () => {
    const store = memoryStore()
    let down = false
    const undo = vi.fn()
    const defined = pipeline('p', (p) => {
      const a = p.step('a', { run: () => 1, undo })
      return p.step('b', { needs: { a }, run: () => ((down = true), 2) })
    })
    const { pipe } = startProcess(
      flaky(store, () => down),
      { lease: 100 },
    )
    expect(await codeOf(pipe.run(defined, undefined, { id: 'run-1' }))).toBe('LEASE_LOST')
    expect(undo).not.toHaveBeenCalled()
    down = false
    await vi.waitFor(async () => expect((await runsIn(store).get('run-1'))?.state).toBe('stalled'))
    const next = startProcess(store)
    const { status, steps } = await next.pipe.start(defined, undefined, { id: 'run-1' }).result
    expect([status, steps['a']?.status]).toEqual(['succeeded', 'restored'])
  })

  test('lets no run begin', async () => {
    const work = vi.fn()
    let opened = false
    const { pipe } = startProcess(
      flaky(memoryStore(), () => opened),
      { lease: 100 },
    )
    await pipe.run(pipeline('warm', (p) => p.step('a', { run: () => 1 })))
    opened = true
    expect(await codeOf(pipe.run(pipeline('p', (p) => p.step('a', { run: work }))))).toBe('STORE_UNAVAILABLE')
    expect(work).not.toHaveBeenCalled()
  })
})

describe('a process that is shut down', () => {
  test('hands its runs back: another takes them at once, and nothing is undone', async () => {
    const store = memoryStore()
    const undo = vi.fn()
    const hang = vi.fn<(needs: unknown, ctx: { readonly signal: AbortSignal }) => Promise<string>>(untilAborted)
    const defined = pipeline('p', (p) => {
      const a = p.step('a', { run: () => 1, undo })
      return p.step('b', { needs: { a }, run: hang })
    })
    const { pipe } = startProcess(store)
    const started = pipe.start(defined, undefined, { id: 'run-1' })
    await vi.waitFor(() => expect(hang).toHaveBeenCalled())
    await pipe.close({ grace: 0 })
    expect(await started.result).toMatchObject({ status: 'cancelled', error: { code: 'SHUTDOWN' } })
    expect(undo).not.toHaveBeenCalled()
    expect(await store.get('run-1')).toMatchObject({ status: 'waiting', crashes: 0 })
    hang.mockResolvedValueOnce('done')
    expect(await startProcess(store).pipe.run(defined, undefined, { id: 'run-1' })).toBe('done')
  })
})

test('a run that is told here that another has it is handed back: it has not ended, since nothing is undone', async () => {
  const store = memoryStore()
  const undo = vi.fn()
  const hang = vi.fn<(needs: unknown, ctx: { readonly signal: AbortSignal }) => Promise<string>>(untilAborted)
  const defined = pipeline('p', (p) => {
    const a = p.step('a', { run: () => 1, undo })
    return p.step('b', { needs: { a }, run: hang })
  })
  const started = startProcess(store).pipe.start(defined, undefined, { id: 'run-1' })
  await vi.waitFor(() => expect(hang).toHaveBeenCalled())
  started.cancel(new PipelineError('LEASE_LOST', 'Another process has it.'))
  expect(await started.result).toMatchObject({ status: 'cancelled', error: { code: 'LEASE_LOST' } })
  expect(undo).not.toHaveBeenCalled()
  expect(await store.get('run-1')).toMatchObject({ status: 'waiting', crashes: 0 })
})

describe('a definition that has changed', () => {
  const hang = vi.fn<() => Promise<number>>(never)
  const before = pipeline('p', (p) => {
    const a = p.step('a', { run: () => 1 })
    const b = p.step('b', { needs: { a }, run: () => 2 })
    return p.step('c', { needs: { b }, run: () => hang() })
  })
  const leftBehind = async () => {
    const aging = agingStore()
    const { pipe, kill } = startProcess(aging.store)
    hang.mockClear()
    void pipe.run(before, undefined, { id: 'run-1' }).catch(() => undefined)
    await vi.waitFor(() => expect(hang).toHaveBeenCalled())
    kill()
    aging.age(31_000)
    return aging.store
  }

  test('does not matter where nothing was recorded', async () => {
    const after = pipeline('p', (p) => {
      const a = p.step('a', { run: () => 1 })
      const b = p.step('b', { needs: { a }, run: () => 2 })
      const extra = p.step('extra', { run: () => 3 })
      return p.step('other', { needs: { a, b, extra }, run: (needs) => needs })
    })
    const { pipe } = startProcess(await leftBehind())
    expect(await pipe.run(after, undefined, { id: 'run-1' })).toEqual({ a: 1, b: 2, extra: 3 })
  })

  test('blocks the run where it was, and says how; the process that fits goes on', async () => {
    const work = vi.fn<() => number>()
    const after = pipeline('p', (p) => {
      const x = p.step('x', { run: () => (work(), 1) })
      const b = p.step('b', { version: '2', needs: { x }, run: () => 2 })
      return p.step('c', { needs: { b }, run: () => work() })
    })
    const store = await leftBehind()
    const error = await startProcess(store)
      .pipe.run(after, undefined, { id: 'run-1' })
      .catch((error: unknown) => error)
    expect(error).toMatchObject({
      code: 'RUN_CHANGED',
      message:
        'Pipeline "p" is not what run "run-1" was recorded with: "a" was step() and is no more; "b" was step(a) and is ' +
        'step@2(x). Run it where the definition is as it was, begin anew with `force`, or `fork` it.',
    })
    expect(work).not.toHaveBeenCalled()
    expect(await runsIn(store).get('run-1')).toMatchObject({ state: 'blocked', error: { code: 'RUN_CHANGED' } })
    hang.mockResolvedValueOnce(3)
    expect(await startProcess(store).pipe.run(before, undefined, { id: 'run-1' })).toBe(3)
  })

  test('is found in items: one under the key of another blocks the run', async () => {
    const last = vi.fn<() => Promise<string>>(never)
    const over = (items: readonly string[]) =>
      pipeline('p', (p) => {
        const m = p.map('m', { over: () => items, run: (it) => it })
        return p.step('c', { needs: { m }, run: () => last() })
      })
    const aging = agingStore()
    const { pipe, kill } = startProcess(aging.store)
    void pipe.run(over(['a', 'b']), undefined, { id: 'run-1' }).catch(() => undefined)
    await vi.waitFor(() => expect(last).toHaveBeenCalled())
    kill()
    aging.age(31_000)
    const shifted = startProcess(aging.store).pipe.run(over(['new', 'a', 'b']), undefined, { id: 'run-1' })
    expect(await codeOf(shifted)).toBe('RUN_CHANGED')
    last.mockResolvedValueOnce('fine')
    expect(await startProcess(aging.store).pipe.run(over(['a', 'b']), undefined, { id: 'run-1' })).toBe('fine')
  })
})

describe('a run that ends its process again and again', () => {
  test('is dead after a number of times, until it is revived', async () => {
    const aging = agingStore()
    const poison = vi.fn<() => Promise<string>>(never)
    const defined = pipeline('p', (p) => p.step('a', { run: poison }))
    for (let i = 0; i < 3; i++) {
      const { pipe, kill } = startProcess(aging.store, { maxCrashes: 2 })
      void pipe.run(defined, undefined, { id: 'run-1' }).catch(() => undefined)
      await vi.waitFor(() => expect(poison).toHaveBeenCalledTimes(i + 1))
      kill()
      aging.age(31_000)
    }
    const run = () => startProcess(aging.store, { maxCrashes: 2 }).pipe.run(defined, undefined, { id: 'run-1' })
    expect(await codeOf(run())).toBe('RUN_DEAD')
    expect(await runsIn(aging.store).get('run-1')).toMatchObject({ state: 'dead', crashes: 3 })
    poison.mockResolvedValueOnce('cured')
    expect((await runsIn(aging.store).revive('run-1'))?.state).toBe('waiting')
    expect(await run()).toBe('cured')
  })
})

describe('recovering', () => {
  const going: Recovery[] = []
  afterEach(async () => {
    await Promise.all(going.splice(0).map((recovery) => recovery.stop()))
  })
  const hang = vi.fn<() => unknown>()
  const defined = pipeline('p', { input: type<number>() }, (p, input) => {
    const a = p.step('a', { needs: { input }, run: ({ input }) => input })
    return p.step('b', { needs: { a }, run: async ({ a }) => (await hang(), a * 2) })
  })

  test('goes on with the runs of a process that died, and each has one that does', async () => {
    hang.mockReset().mockImplementation(never)
    const aging = agingStore()
    const dead = startProcess(aging.store)
    for (let i = 0; i < 20; i++) void dead.pipe.run(defined, i, { id: `run-${i}` }).catch(() => undefined)
    await vi.waitFor(() => expect(hang).toHaveBeenCalledTimes(20))
    dead.kill()
    hang.mockReset()
    for (const { pipe } of [startProcess(aging.store), startProcess(aging.store)]) {
      going.push(recover(pipe, { store: aging.store, pipelines: [defined], every: 20, concurrency: 3 }))
    }
    await turn()
    expect(hang).not.toHaveBeenCalled() // their leases have not run out
    aging.age(31_000)
    const runs = runsIn(aging.store)
    await vi.waitFor(async () => expect((await runs.list({ states: ['succeeded'] })).items).toHaveLength(20))
    expect((await runs.list()).items.map(({ output }) => output)).toEqual(
      Array.from({ length: 20 }, (_, i) => 38 - 2 * i),
    )
    expect(hang).toHaveBeenCalledTimes(20)
  })

  test('takes a run up that is resumed, and leaves paused ones and other pipelines alone', async () => {
    hang.mockReset().mockImplementation(never)
    const store = memoryStore()
    const first = startProcess(store)
    const started = first.pipe.start(defined, 1, { id: 'run-1' })
    await vi.waitFor(() => expect(hang).toHaveBeenCalled())
    await runsIn(store).pause('run-1')
    started.cancel(new PipelineError('SHUTDOWN', 'bye'))
    first.kill()
    await store.release('run-1', (await store.get('run-1'))!.fence, 'waiting')
    hang.mockReset()
    going.push(recover(startProcess(store).pipe, { store, pipelines: [defined], every: 20 }))
    await turn()
    await turn()
    expect(hang).not.toHaveBeenCalled()
    await runsIn(store).resume('run-1')
    await vi.waitFor(async () => expect((await runsIn(store).get('run-1'))?.state).toBe('succeeded'))
  })

  test('does not try a blocked run again before it changes, and goes on when the store was out of reach', async () => {
    const aging = agingStore()
    hang.mockReset().mockImplementation(never)
    const dead = startProcess(aging.store)
    void dead.pipe.run(defined, 1, { id: 'run-1' }).catch(() => undefined)
    await vi.waitFor(() => expect(hang).toHaveBeenCalled())
    dead.kill()
    aging.age(31_000)
    const changed = pipeline('p', { input: type<number>() }, (p) => p.step('z', { run: () => 1 }))
    const acquire = vi.spyOn(aging.store, 'acquire')
    const list = vi.spyOn(aging.store, 'list').mockRejectedValueOnce(new Error('out of reach'))
    const onError = vi.fn()
    const { pipe } = startProcess(aging.store)
    going.push(recover(pipe, { store: aging.store, pipelines: [changed], every: 10, onError }))
    await vi.waitFor(async () => expect((await runsIn(aging.store).get('run-1'))?.state).toBe('blocked'))
    const calls = list.mock.calls.length
    await vi.waitFor(() => expect(list.mock.calls.length).toBeGreaterThan(calls + 6))
    expect(acquire).toHaveBeenCalledTimes(1)
    expect(onError).toHaveBeenCalledWith(new Error('out of reach'))
  })
})

describe('the runs in a store', () => {
  test('are listed by pages, filtered, shown with what they were given and returned, and forgotten', async () => {
    const store = memoryStore()
    const { pipe } = startProcess(store)
    const sum = pipeline('sum', { input: type<number[]>(), version: '3' }, (p, input) =>
      p.step('add', { needs: { input }, run: ({ input }) => input.reduce((a, b) => a + b, 0) }),
    )
    const fails = pipeline('fails', (p) => p.step('a', { run: () => Promise.reject(new Error('boom')) }))
    await pipe.run(sum, [1, 2], { id: 'one', tags: { team: 'x' } })
    await pipe.run(sum, [3], { id: 'two' })
    await codeOf(pipe.run(fails, undefined, { id: 'three' }))
    const runs = runsIn(store)
    const ids = ({ items }: Awaited<ReturnType<typeof runs.list>>) => items.map(({ id }) => id)
    expect(ids(await runs.list())).toEqual(['three', 'two', 'one'])
    const page = await runs.list({ limit: 2 })
    expect(ids(await runs.list({ limit: 2, after: page.next! }))).toEqual(['one'])
    expect(ids(await runs.list({ pipeline: 'sum', states: ['succeeded'] }))).toEqual(['two', 'one'])
    expect(await runs.get('one')).toMatchObject({
      pipeline: 'sum',
      version: '3',
      tags: { team: 'x' },
      state: 'succeeded',
      input: [1, 2],
      output: 3,
      crashes: 0,
    })
    expect(await runs.get('three')).toMatchObject({ state: 'failed', error: { code: 'STEP_FAILED', step: 'a' } })
    expect(await runs.get('none')).toBeUndefined()
    expect(await runs.steps('one')).toMatchObject([{ path: 'add', status: 'succeeded', attempts: 1, output: 3 }])
    await vi.waitFor(async () => expect(await runs.purge({ endedBefore: 0, states: ['failed'] })).toBe(1))
    await vi.waitFor(async () => expect(await runs.purge({ endedBefore: 0 })).toBe(2))
    expect(await runs.list()).toEqual({ items: [] })
  })
})
