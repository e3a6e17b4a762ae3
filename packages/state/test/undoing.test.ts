import { pipeline, PipelineError, type Plugin } from '@pipe/core'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { memoryStore, runsIn, type StateStore } from '../src/index.ts'
import { agingStore, startProcess } from './support/process.ts'

const turn = () => new Promise<void>((resolve) => setTimeout(resolve))
const never = () => new Promise<never>(() => undefined)

const undone: string[] = []
const undo = (_: unknown, { stepId }: { readonly stepId: string }) => void undone.push(stepId)
beforeEach(() => void undone.splice(0))

describe('what was completed is undone before the run has ended in the store', () => {
  test.each([
    ['its steps had all been completed when it was cancelled', true],
    ['its output cannot be recorded', false],
  ])('when %s', async (_, isCancelled) => {
    const { store, age } = agingStore()
    const seen: unknown[] = []
    const status = async () => (await store.get('run-1'))?.status
    const defined = pipeline('p', (p) => {
      const a = p.step('a', { run: () => 1, undo: async () => void seen.push(await status()) })
      return p.step('b', { needs: { a }, durable: 'none', run: () => (isCancelled ? hangs() : new Date()) })
    })
    const hangs = vi.fn(never)
    if (isCancelled) {
      const dying = startProcess(store)
      void dying.pipe.run(defined, undefined, { id: 'run-1' })
      await vi.waitFor(() => expect(hangs).toHaveBeenCalled())
      dying.kill()
      age(31_000)
      hangs.mockResolvedValue(undefined as never)
      await runsIn(store).cancel('run-1')
    }
    const { error } = await startProcess(store).pipe.start(defined, undefined, { id: 'run-1' }).result
    expect(error?.code).toBe(isCancelled ? 'CANCELLED' : 'VALUE_UNSTORABLE')
    expect(seen).toEqual(['running'])
    expect(await status()).toBe(isCancelled ? 'cancelled' : 'failed')
  })
})

describe('what a failed attempt of a call completed', () => {
  const again: Plugin = {
    name: 'again',
    policy: ({ id }) => (id === 'call' ? ({ attempt }) => (attempt < 2 ? { retryAt: 0 } : undefined) : undefined),
  }

  test.each([['refund'], ['hold']])(
    'is not restored as done when its process dies after "%s" was undone',
    async (last) => {
      const { store, age } = agingStore()
      const log: string[] = []
      let lost = false
      const define = (dies: () => unknown) => {
        const payment = pipeline('payment', (p) => {
          const step = (name: string) => ({
            run: () => (log.push(name), name),
            undo: () => (log.push(`undo ${name}`), name === last ? dies() : undefined),
          })
          const hold = p.step('hold', step('hold'))
          const pay = p.step('refund', { after: [hold], ...step('refund') })
          return p.step('ship', {
            after: [pay],
            run: () => (lost ? 'shipped' : ((lost = true), Promise.reject(new Error('lost')))),
          })
        })
        return pipeline('p', (p) => p.call('call', payment))
      }
      const dying = startProcess(store, {}, again)
      const dies = vi.fn(() => (dying.kill(), never()))
      void dying.pipe.run(define(dies), undefined, { id: 'run-1' })
      await vi.waitFor(() => expect(dies).toHaveBeenCalled())
      age(31_000)
      const { pipe } = startProcess(store, {}, again)
      expect(
        await pipe.run(
          define(() => undefined),
          undefined,
          { id: 'run-1' },
        ),
      ).toBe('shipped')
      // What was undone last is undone again, for that was not recorded; then all of it is done anew.
      const rest = last === 'refund' ? ['undo refund', 'undo hold'] : ['undo hold']
      const before = ['hold', 'refund', 'undo refund', ...(last === 'hold' ? ['undo hold'] : [])]
      expect(log).toEqual([...before, ...rest, 'hold', 'refund'])
    },
  )

  test('and a policy settled with an output is not done again', async () => {
    const { store, age } = agingStore()
    let isBroken = true
    const inner = pipeline('inner', (p) =>
      p.step('a', { run: () => (isBroken ? Promise.reject<string>(new Error('no')) : 'real') }),
    )
    const hangs = vi.fn<(output: unknown) => unknown>(never)
    const defined = pipeline('p', (p) => {
      const call = p.call('call', inner)
      return p.step('b', { needs: { call }, run: ({ call }) => hangs(call) })
    })
    const settles: Plugin = {
      name: 'settles',
      policy: ({ id }) => (id === 'call' ? () => ({ output: 'substitute' }) : undefined),
    }
    const dying = startProcess(store, {}, settles)
    void dying.pipe.run(defined, undefined, { id: 'run-1' })
    await vi.waitFor(() => expect(hangs).toHaveBeenCalled())
    dying.kill()
    age(31_000)
    isBroken = false
    hangs.mockImplementation((output) => output)
    expect(await startProcess(store, {}, settles).pipe.run(defined, undefined, { id: 'run-1' })).toBe('substitute')
  })

  test('is undone when it was optional and its process died before', async () => {
    const { store, age } = agingStore()
    const inner = pipeline('inner', (p) => {
      const a = p.step('a', { run: () => 1, undo })
      return p.step('bad', { needs: { a }, run: () => Promise.reject<number>(new Error('bad')) })
    })
    const defined = pipeline('p', (p) => {
      const optional = p.call('optional', inner, { optional: true })
      return p.step('end', { needs: { optional }, run: () => 'end' })
    })
    const mortal: StateStore = {
      ...store,
      commit: async (id, fence, entries) => {
        const isKept = await store.commit(id, fence, entries)
        if (entries.some(({ key }) => key === 's:optional')) dying.kill()
        return isKept
      },
    }
    const dying = startProcess(mortal)
    void dying.pipe.run(defined, undefined, { id: 'run-1' })
    await dying.dead
    age(31_000)
    expect(undone).toEqual([])
    expect(await startProcess(store).pipe.run(defined, undefined, { id: 'run-1' })).toBe('end')
    expect(undone).toEqual(['optional/a'])
    expect(await runsIn(store).steps('run-1')).toContainEqual(
      expect.objectContaining({ path: 'optional/a', undone: true }),
    )
  })
})

describe('a run that is cancelled meets all that was completed, whatever that takes', () => {
  test.each([
    ['steps that are not recorded come before it', 10, undefined],
    ['a map reads its items slowly', 10, undefined],
    ['only one step runs at a time', 0, 1],
  ])('when %s', async (_, ms, concurrency) => {
    const { store, age } = agingStore()
    const hangs = vi.fn(never)
    const late = () => new Promise<void>((resolve) => setTimeout(resolve, ms))
    const defined = pipeline('p', (p) => {
      const open = p.step('open', { run: hangs })
      const a = p.step('a', { run: () => 1, undo })
      const none = p.step('none', { after: [a], durable: 'none', run: late })
      const b = p.step('b', { after: [none], run: () => 2, undo })
      const items = p.map('items', {
        after: [b],
        over: async function* () {
          await late()
          yield* ['x', 'y']
        },
        key: (it) => it,
        run: (it) => it,
        undo,
      })
      return { open, items }
    })
    const dying = startProcess(store)
    void dying.pipe.run(defined, undefined, { id: 'run-1' })
    await vi.waitFor(async () => expect(await runsIn(store).steps('run-1')).toHaveLength(4))
    dying.kill()
    age(31_000)
    await runsIn(store).cancel('run-1', 'enough')
    const options = { id: 'run-1', ...(concurrency !== undefined && { concurrency }) }
    const { status } = await startProcess(store).pipe.start(defined, undefined, options).result
    expect([status, undone.toSorted()]).toEqual(['cancelled', ['a', 'b', 'items[x]', 'items[y]']])
    expect(hangs).toHaveBeenCalledTimes(1)
  })
})

test('a run that fails before all that was completed has appeared is left to be undone', async () => {
  const { store, age } = agingStore()
  const fails = vi.fn<() => Promise<unknown>>(never)
  const defined = pipeline('p', (p) => {
    const a = p.step('a', { run: () => 1, undo })
    const none = p.step('none', { after: [a], durable: 'none', run: turn })
    const b = p.step('b', { after: [none], run: () => 2, undo })
    return { b, bad: p.step('bad', { run: fails }) }
  })
  const dying = startProcess(store)
  void dying.pipe.run(defined, undefined, { id: 'run-1' })
  await vi.waitFor(async () => expect(await runsIn(store).steps('run-1')).toHaveLength(2))
  dying.kill()
  age(31_000)
  fails.mockRejectedValue(new Error('bad'))
  const first = await startProcess(store).pipe.start(defined, undefined, { id: 'run-1' }).result
  expect(first).toMatchObject({ status: 'failed', reports: { durable: { missed: 1 } } })
  expect([undone, (await store.get('run-1'))?.status]).toEqual([['a'], 'waiting'])
  const second = await startProcess(store).pipe.start(defined, undefined, { id: 'run-1' }).result
  expect(second.error?.message).toBe('Step "bad" of pipeline "p" failed: bad')
  expect([undone, (await store.get('run-1'))?.status]).toEqual([['a', 'b'], 'failed'])
  expect(fails).toHaveBeenCalledTimes(2)
})

test('a process that is shut down leaves off undoing, and another one goes on with it', async () => {
  const store = memoryStore()
  const { promise, resolve } = Promise.withResolvers<undefined>()
  const slow = vi.fn(() => promise)
  const defined = pipeline('p', (p) => {
    const a = p.step('a', { run: () => 1, undo })
    const b = p.step('b', { after: [a], run: () => 2, undo: slow })
    return p.step('bad', { after: [b], run: () => Promise.reject(new Error('bad')) })
  })
  const { pipe } = startProcess(store)
  const { result } = pipe.start(defined, undefined, { id: 'run-1' })
  await vi.waitFor(() => expect(slow).toHaveBeenCalled())
  const closed = pipe.close({ grace: 0 })
  await turn()
  resolve(undefined)
  await closed
  expect((await result).error?.code).toBe('SHUTDOWN')
  expect([undone, (await store.get('run-1'))?.status]).toEqual([[], 'waiting'])
  const { error } = await startProcess(store).pipe.start(defined, undefined, { id: 'run-1' }).result
  expect([error?.code, undone, slow.mock.calls.length]).toEqual(['STEP_FAILED', ['a'], 1])
})

test.each(['fail-fast', 'continue'] as const)(
  'a process that is shut down after a failure, with failure: %s, leaves the undoing to others',
  async (failure) => {
    const store = memoryStore()
    const { promise, resolve } = Promise.withResolvers<string>()
    const slow = vi.fn(() => promise)
    const defined = pipeline('p', (p) => {
      const a = p.step('a', { run: () => 1, undo })
      const bad = p.step('bad', { after: [a], run: () => Promise.reject(new Error('bad')) })
      return { bad, slow: p.step('slow', { after: [a], run: slow }) }
    })
    const { pipe } = startProcess(store)
    const { result } = pipe.start(defined, undefined, { id: 'run-1', failure })
    await vi.waitFor(() => expect(slow).toHaveBeenCalled())
    await turn()
    const closed = pipe.close({ grace: 0 })
    await turn()
    resolve('slow')
    await closed
    await result
    expect([undone, (await store.get('run-1'))?.status]).toEqual([[], 'waiting'])
    const { error } = await startProcess(store).pipe.start(defined, undefined, { id: 'run-1', failure }).result
    expect([error?.code, undone]).toEqual(['STEP_FAILED', ['a']])
  },
)

test('a run that is cancelled while its records are read is undone', async () => {
  const { store, age } = agingStore()
  const hangs = vi.fn(never)
  const defined = pipeline('p', (p) => {
    const a = p.step('a', { run: () => 1, undo })
    return p.step('b', { needs: { a }, run: hangs })
  })
  const dying = startProcess(store)
  void dying.pipe.run(defined, undefined, { id: 'run-1' })
  await vi.waitFor(() => expect(hangs).toHaveBeenCalled())
  dying.kill()
  age(31_000)
  const entries: StateStore['entries'] = async (...args) => {
    await runsIn(store).cancel('run-1') // heard at once: the store has hints
    await turn()
    return await store.entries(...args)
  }
  hangs.mockImplementation((() => new Promise((resolve) => setTimeout(resolve, 100))) as never)
  const slow = { ...store, entries }
  const { error } = await startProcess(slow, { lease: 100 }).pipe.start(defined, undefined, { id: 'run-1' }).result
  expect([error?.code, undone, (await store.get('run-1'))?.status]).toEqual(['CANCELLED', ['a'], 'cancelled'])
})

describe('undoing that another process goes on with', () => {
  /** A run that failed, and whose process was shut down before it undid `items[x]` and `items[y]`. */
  async function left(over: () => readonly string[]) {
    const store = memoryStore()
    const { promise, resolve } = Promise.withResolvers<undefined>()
    const last = vi.fn(() => promise)
    const defined = pipeline('p', (p) => {
      const items = p.map('items', { over, key: (it) => it, run: (it) => it, undo })
      const end = p.step('end', { after: [items], run: () => 1, undo: last })
      return p.step('bad', { after: [end], run: () => Promise.reject(new Error('bad')) })
    })
    const { pipe } = startProcess(store)
    const { result } = pipe.start(defined, undefined, { id: 'run-1' })
    await vi.waitFor(() => expect(last).toHaveBeenCalled())
    const closed = pipe.close({ grace: 0 })
    await turn()
    resolve(undefined)
    await Promise.all([closed, result])
    expect((await store.get('run-1'))?.status).toBe('waiting')
    const again = () => startProcess(store).pipe.start(defined, undefined, { id: 'run-1' })
    return { store, again }
  }

  test('is left to yet another one when it is stopped', async () => {
    const { store, again } = await left(() => ['x', 'y'])
    const started = again()
    started.cancel('enough')
    await started.result
    expect([undone, (await store.get('run-1'))?.status]).toEqual([[], 'waiting'])
    await again().result
    expect([undone.toSorted(), (await store.get('run-1'))?.status]).toEqual([['items[x]', 'items[y]'], 'failed'])
  })

  test('blocks the run when what was completed does not appear any more', async () => {
    let keys = ['x', 'y']
    const { store, again } = await left(() => keys)
    keys = ['y']
    expect((await again().result).error).toMatchObject({ code: 'RUN_CHANGED' })
    expect([undone, (await store.get('run-1'))?.status]).toEqual([['items[y]'], 'blocked'])
    keys = ['x', 'y']
    await again().result
    expect([undone, (await store.get('run-1'))?.status]).toEqual([['items[y]', 'items[x]'], 'failed'])
  })
})

test('an undo that failed is recorded with what it threw', async () => {
  const store = memoryStore()
  const defined = pipeline('p', (p) => {
    const a = p.step('a', { run: () => 1, undo: () => Promise.reject(new Error('refund refused')) })
    const b = p.step('b', { after: [a], run: () => 2, undo })
    return p.step('bad', { after: [b], run: () => Promise.reject(new Error('bad')) })
  })
  await startProcess(store).pipe.start(defined, undefined, { id: 'run-1' }).result
  expect(await runsIn(store).steps('run-1')).toMatchObject([
    { path: 'a', undone: false, undoError: { message: 'refund refused' } },
    { path: 'b', undone: true },
  ])
})

describe('what the store does to a run', () => {
  const defined = pipeline('p', (p) => {
    const a = p.step('a', { run: () => 1, undo })
    return p.step('b', { needs: { a }, run: ({ a }) => a + 1 })
  })

  test('is no fault of a step: one that rejects with anything leaves the run as it is', async () => {
    const store = memoryStore()
    let isBroken = false
    const commit: StateStore['commit'] = (...args) =>
      isBroken ? Promise.reject(new Error('ECONNRESET')) : ((isBroken = true), store.commit(...args))
    const { error } = await startProcess({ ...store, commit }).pipe.start(defined, undefined, { id: 'run-1' }).result
    expect(error).toMatchObject({ code: 'STORE_UNAVAILABLE', cause: { message: 'ECONNRESET' } })
    expect([undone, (await store.get('run-1'))?.status]).toEqual([[], 'waiting'])
    expect(await startProcess(store).pipe.run(defined, undefined, { id: 'run-1' })).toBe(2)
  })

  test('when the run is to end as succeeded is no failure of it', async () => {
    const store = memoryStore()
    const end = () => Promise.reject(new Error('ECONNRESET'))
    const { error } = await startProcess({ ...store, end }).pipe.start(defined, undefined, { id: 'run-1' }).result
    expect(error).toMatchObject({ code: 'STORE_UNAVAILABLE', cause: { message: 'ECONNRESET' } })
    expect([undone, (await store.get('run-1'))?.status]).toEqual([[], 'waiting'])
    expect(await startProcess(store).pipe.run(defined, undefined, { id: 'run-1' })).toBe(2)
  })

  test('when the run is to end as failed is not what it failed with', async () => {
    const store = memoryStore()
    const fails = pipeline('p', (p) => p.step('a', { run: () => Promise.reject(new Error('bad')) }))
    const end = () => Promise.reject(new Error('ECONNRESET'))
    const { error } = await startProcess({ ...store, end }).pipe.start(fails, undefined, { id: 'run-1' }).result
    expect(error).toMatchObject({ code: 'STORE_UNAVAILABLE', cause: { message: 'ECONNRESET' } })
    expect((await store.get('run-1'))?.status).toBe('waiting')
  })

  test('while its records are read is not its end', async () => {
    const { store, age } = agingStore()
    const dying = startProcess(store, { death: { call: 4, answered: true } })
    void dying.pipe.run(defined, undefined, { id: 'run-1' })
    await dying.dead
    age(31_000)
    const entries = vi.fn(store.entries.bind(store))
    entries.mockRejectedValueOnce(new PipelineError('STORE_UNAVAILABLE', 'later'))
    expect(await startProcess({ ...store, entries }).pipe.run(defined, undefined, { id: 'run-1' })).toBe(2)
  })

  test('while its records are read, for good, hands it back', async () => {
    const { store, age } = agingStore()
    const dying = startProcess(store, { death: { call: 4, answered: true } })
    void dying.pipe.run(defined, undefined, { id: 'run-1' })
    await dying.dead
    age(31_000)
    const broken = { ...store, entries: () => Promise.reject(new Error('unreadable')) }
    const { status } = await startProcess(broken).pipe.start(defined, undefined, { id: 'run-1' }).result
    expect([status, (await store.get('run-1'))?.status]).toEqual(['failed', 'waiting'])
  })

  test('when the process is shut down before its steps begin, hands it back', async () => {
    const store = memoryStore()
    const { promise, resolve } = Promise.withResolvers<undefined>()
    const acquire = vi.fn<StateStore['acquire']>(async (...args) => (await promise, await store.acquire(...args)))
    const { pipe } = startProcess({ ...store, acquire })
    const { result } = pipe.start(defined, undefined, { id: 'run-1', grace: 1 })
    await vi.waitFor(() => expect(acquire).toHaveBeenCalled())
    const closed = pipe.close({ grace: 0 })
    expect((await result).error?.code).toBe('SHUTDOWN')
    resolve(undefined)
    await closed
    await vi.waitFor(async () => expect((await store.get('run-1'))?.status).toBe('waiting'))
  })
})

test('a run that was lost is not taken again by the process where a function of it has not returned', async () => {
  const { store, age } = agingStore()
  const { promise, resolve } = Promise.withResolvers<string>()
  const fences: unknown[] = []
  const slow = vi.fn(async (ctx: { readonly signal: AbortSignal; readonly fence?: number }) => {
    const answer = await promise
    fences.push(ctx.fence)
    return answer
  })
  const defined = pipeline('p', (p) => p.step('a', { run: (_, ctx) => slow(ctx) }))
  const renew: StateStore['renew'] = () => Promise.resolve(null)
  const zombie = startProcess({ ...store, renew }, { lease: 100 })
  const lost = zombie.pipe.start(defined, undefined, { id: 'run-1' })
  await vi.waitFor(() => expect(slow).toHaveBeenCalled())
  const { fence } = (await store.get('run-1'))!
  await vi.waitFor(() => expect(slow.mock.calls[0]![0].signal.aborted).toBe(true))
  age(200)
  await expect(zombie.pipe.run(defined, undefined, { id: 'run-1' })).rejects.toMatchObject({ code: 'RUN_TAKEN' })
  resolve('late')
  expect((await lost.result).error?.code).toBe('LEASE_LOST')
  expect(fences).toEqual([fence])
  expect(await startProcess(store).pipe.run(defined, undefined, { id: 'run-1' })).toBe('late')
})

test('a function that was given up has the fence of its own execution', async () => {
  const store = memoryStore()
  const go = Promise.withResolvers<string>()
  const fences: unknown[] = []
  const begins = vi.fn(async (ctx: { readonly fence?: number }) => {
    await go.promise
    fences.push(ctx.fence)
    return 'done'
  })
  const defined = pipeline('p', (p) => p.step('a', { run: (_, ctx) => begins(ctx) }))
  const { pipe } = startProcess(store)
  const lost = pipe.start(defined, undefined, { id: 'run-1', grace: 5 })
  await vi.waitFor(() => expect(begins).toHaveBeenCalledTimes(1))
  const { fence: first } = (await store.get('run-1'))!
  lost.cancel(new PipelineError('LEASE_LOST', 'now'))
  await lost.result
  const { result } = pipe.start(defined, undefined, { id: 'run-1' })
  await vi.waitFor(() => expect(begins).toHaveBeenCalledTimes(2))
  const { fence: second } = (await store.get('run-1'))!
  go.resolve('')
  await result
  expect(fences).toEqual([first, second])
})
