import { type AnyPipeline, definePlugin, pipeline, type Pipeline, type Plugin, type RunOptions, type } from '@pipe/core'
import { describe, expect, test, vi } from 'vitest'
import { type DurableReport, memoryStore, runsIn, type StateStore } from '../src/index.ts'
import { agingStore, startProcess } from './support/process.ts'

const never = () => new Promise<never>(() => undefined)

/** What a run reports. */
async function reportOf(
  store: StateStore,
  defined: AnyPipeline,
  options: RunOptions,
  ...plugins: readonly Plugin[]
): Promise<DurableReport | undefined> {
  const { pipe } = startProcess(store, {}, ...plugins)
  return (await pipe.start(defined as Pipeline<unknown, unknown>, undefined, options).result).reports?.durable
}

/** Starts a run in a process that dies when `last` is called. */
async function leftBehind(defined: AnyPipeline, last: ReturnType<typeof vi.fn>, ...plugins: readonly Plugin[]) {
  const { store, age } = agingStore()
  const { pipe, kill } = startProcess(store, {}, ...plugins)
  void pipe.start(defined as Pipeline<unknown, unknown>, undefined, { id: 'run-1' }).result
  await vi.waitFor(() => expect(last).toHaveBeenCalled())
  kill()
  age(31_000)
  return store
}

const inner = (ids: readonly string[]) =>
  pipeline('inner', { input: type<number>() }, (p, input) =>
    Object.fromEntries(ids.map((id) => [id, p.step(id, { needs: { input }, run: ({ input }) => input })])),
  )

/** Steps `ids`, each of which returns its id, and `last`. */
const flat = (ids: readonly string[], last: () => unknown, version?: string) =>
  pipeline('p', (p) => {
    const needs = Object.fromEntries(
      ids.map((id) => [id, p.step(id, { ...(version !== undefined && { version }), run: () => id })]),
    )
    return p.step('last', { needs, run: last })
  })

test('a run that began with nothing reports nothing of steps', async () => {
  const report = await reportOf(
    memoryStore(),
    flat(['a'], () => 1),
    { id: 'run-1' },
  )
  expect(report).toEqual({ resumed: false, fence: 1, restored: 0, recorded: 2, missed: 0 })
})

test('what is inside of it knows from the beginning whether the run goes on, and which execution is the later one', async () => {
  const seen: unknown[] = []
  const reader = definePlugin({
    name: 'reader',
    run: (run, next) => {
      seen.push(run.reports?.durable)
      return next()
    },
  })
  const last = vi.fn(() => (seen.length === 1 ? never() : 1))
  const defined = flat(['a'], last)
  const store = await leftBehind(defined, last, reader)
  await reportOf(store, defined, { id: 'run-1' }, reader)
  expect(seen).toMatchObject([
    { resumed: false, fence: 1, restored: 0 },
    { resumed: true, fence: 2, restored: 0 },
  ])
})

describe('`ran` are the functions that ran since they were not recorded', () => {
  test('each once, whatever the number of items; not those that are never recorded', async () => {
    let hangs = true
    const last = vi.fn()
    const defined = pipeline('p', (p) => {
      const a = p.step('a', { run: () => 1 })
      const none = p.step('none', { needs: { a }, durable: 'none', run: () => 2 })
      const items = p.map('items', {
        needs: { none },
        over: () => Array.from({ length: 300 }, (_, i) => i),
        concurrency: 1,
        run: async (item) => {
          if (item === 20 && hangs) await (last(), never())
          return item
        },
      })
      const call = p.call('call', inner(['x', 'y']), { needs: { items }, input: () => 1 })
      return p.step('end', { needs: { call }, run: () => 'end' })
    })
    const store = await leftBehind(defined, last)
    hangs = false
    expect(await reportOf(store, defined, { id: 'run-1' })).toEqual({
      resumed: true,
      fence: 2,
      restored: 21,
      recorded: 283,
      missed: 0,
      steps: { ran: ['items', 'call/x', 'call/y', 'end'], again: [], gone: [], added: [] },
    })
  })

  test('and none when all that is left is to undo', async () => {
    const last = vi.fn(never)
    const defined = flat(['a', 'b'], last)
    const store = await leftBehind(defined, last)
    await runsIn(store).cancel('run-1')
    expect((await reportOf(store, defined, { id: 'run-1' }))?.steps).toMatchObject({ ran: [], again: [] })
  })
})

describe('`again` are those of them that were recorded, and had to run again', () => {
  test('since a fork repeats them, or comes after those', async () => {
    const store = memoryStore()
    const defined = pipeline('p', (p) => {
      const a = p.step('a', { run: () => 1 })
      const call = p.call('call', inner(['x', 'y']), { needs: { a }, input: ({ a }) => a })
      return { beside: p.step('beside', { run: () => 2 }), end: p.step('end', { needs: { call }, run: () => 3 }) }
    })
    await reportOf(store, defined, { id: 'run-1' })
    const report = await reportOf(store, defined, { id: 'run-2', fork: { run: 'run-1', from: 'call/y' } })
    expect(report).toMatchObject({ resumed: false, restored: 3 })
    expect(report?.steps).toEqual({ ran: ['call/y', 'end'], again: ['call/y', 'end'], gone: [], added: [] })
  })

  test('since a fork finds them changed, or undone', async () => {
    const store = memoryStore()
    const fails = (version: string, run: () => unknown) =>
      pipeline('p', (p) => {
        const a = p.step('a', { version, run: () => 1 })
        const b = p.step('b', { run: () => 2, undo: () => undefined })
        const c = p.step('c', { run: () => 3 })
        return p.step('end', { needs: { a, b, c }, run })
      })
    await reportOf(
      store,
      fails('1', () => Promise.reject(new Error('no'))),
      { id: 'run-1' },
    )
    const report = await reportOf(
      store,
      fails('2', () => 'fine'),
      { id: 'run-2', fork: { run: 'run-1' } },
    )
    expect(report?.steps).toEqual({ ran: ['a', 'b', 'end'], again: ['a', 'b'], gone: [], added: [] })
  })

  test('since the attempt of a call that they belong to was taken back', async () => {
    const last = vi.fn()
    let [tries, hangs] = [0, true]
    const tried = pipeline('tried', (p) => {
      const x = p.step('x', {
        run: async () => {
          if (++tries === 2 && hangs) await (last(), never())
          return tries
        },
        undo: () => undefined,
      })
      const beside = p.step('beside', { run: () => 1 })
      return p.step('y', {
        needs: { x, beside },
        run: ({ x }) => (x === 1 ? Promise.reject<number>(new Error('once')) : x),
      })
    })
    const twice: Plugin = {
      name: 'twice',
      policy: ({ kind }) => (kind === 'call' ? ({ attempt }) => (attempt < 2 ? { retryAt: 0 } : undefined) : undefined),
    }
    const defined = pipeline('p', (p) => {
      const a = p.step('a', { run: () => 1 })
      return p.call('call', tried, { after: [a] })
    })
    const store = await leftBehind(defined, last, twice)
    hangs = false
    const report = await reportOf(store, defined, { id: 'run-1' }, twice)
    expect(report).toMatchObject({ resumed: true, restored: 2 }) // `a`, and `beside` of the second attempt
    expect(report?.steps).toEqual({ ran: ['call/x', 'call/y'], again: ['call/x'], gone: [], added: [] })
  })
})

describe('`gone` are steps that were recorded and that there are no more', () => {
  const stored = async () => {
    const last = vi.fn(never)
    const defined = pipeline('p', (p) => {
      const call = p.call('call', inner(['x', 'y']), { input: () => 1 })
      const old = p.step('old', { run: () => 1 })
      return p.step('last', { needs: { call, old }, run: last })
    })
    return await leftBehind(defined, last)
  }
  const now = flat(['new'], () => 1)

  test('the outermost of them, in a run that is blocked by it', async () => {
    const report = await reportOf(await stored(), now, { id: 'run-1' })
    expect(report?.steps).toEqual({ ran: [], again: [], gone: ['call', 'old'], added: ['new'] })
  })

  test('in one that is cancelled, and could not undo them', async () => {
    const store = await stored()
    await runsIn(store).cancel('run-1')
    const report = await reportOf(store, now, { id: 'run-1' })
    expect(report?.steps).toMatchObject({ ran: [], gone: ['call', 'old'] })
  })

  test('in a fork, which does without them', async () => {
    const store = memoryStore()
    await reportOf(
      store,
      flat(['a', 'b'], () => 1),
      { id: 'run-1' },
    )
    const report = await reportOf(
      store,
      flat(['b'], () => 1),
      { id: 'run-2', fork: { run: 'run-1' } },
    )
    expect(report?.steps).toEqual({ ran: ['last'], again: ['last'], gone: ['a'], added: [] })
  })
})

describe('`added` are steps that there were not when the run was created', () => {
  const before = (last: () => unknown) =>
    pipeline('p', (p) => {
      const call = p.call('call', inner(['x']), { input: () => 1 })
      return p.step('last', { needs: { call }, run: last })
    })
  const after = pipeline('p', (p) => {
    const call = p.call('call', inner(['x', 'y']), { input: () => 1 })
    const more = p.call('more', inner(['z']), { input: () => 1 })
    const last = p.step('last', { needs: { call }, run: () => 1 })
    return { last, more }
  })

  test('the outermost of them, recorded or not, of a run that goes on', async () => {
    const last = vi.fn(never)
    const report = await reportOf(await leftBehind(before(last), last), after, { id: 'run-1' })
    expect(report?.steps).toEqual({
      ran: ['call/y', 'more/z', 'last'],
      again: [],
      gone: [],
      added: ['call/y', 'more'],
    })
  })

  test('when the run that it forks was created, of a fork', async () => {
    const store = memoryStore()
    await reportOf(
      store,
      before(() => 1),
      { id: 'run-1' },
    )
    const report = await reportOf(store, after, { id: 'run-2', fork: { run: 'run-1' } })
    expect(report?.steps).toMatchObject({ added: ['call/y', 'more'] })
  })

  test('and not known of a run that has no list of them: of an earlier version, or with too many', async () => {
    const last = vi.fn(never)
    const store = await leftBehind(before(last), last)
    const acquire: StateStore['acquire'] = async (...asked) => {
      const answer = await store.acquire(...asked)
      return { ...answer, run: { ...answer.run, data: answer.run.data.replace(/"steps":\[.*?\]/, '"tags":{}') } }
    }
    const old = await reportOf({ ...store, acquire }, after, { id: 'run-1' })
    expect(old?.steps).toEqual({ ran: ['call/y', 'more/z', 'last'], again: [], gone: [] })

    const many = flat(
      Array.from({ length: 2_000 }, (_, i) => `a step with a long name ${i}`),
      () => Promise.reject(new Error('no')),
    )
    const forgetful = memoryStore()
    await reportOf(forgetful, many, { id: 'run-1' })
    expect((await forgetful.get('run-1'))!.data.length).toBeLessThan(100)
    const fork = await reportOf(forgetful, many, { id: 'run-2', fork: { run: 'run-1' } })
    expect(fork?.steps).toEqual({ ran: ['last'], again: [], gone: [] })
  })

  test('and the list gives way to an input that has no room beside it', async () => {
    const store = { ...memoryStore(), maxValueBytes: 1_024 }
    const large = pipeline('p', { input: type<string>() }, (p, input) => {
      const needs = Object.fromEntries(
        Array.from({ length: 20 }, (_, i) => `step-${i}`).map((id) => [
          id,
          p.step(id, { needs: { input }, run: () => 1 }),
        ]),
      )
      return p.step('last', { needs, run: () => 1 })
    })
    const { pipe } = startProcess(store)
    expect(await pipe.run(large, 'x'.repeat(980), { id: 'run-1' })).toBe(1)
    expect(await pipe.run(large, 'x', { id: 'run-2' })).toBe(1)
    expect([(await store.get('run-1'))!.data, (await store.get('run-2'))!.data]).toEqual([
      expect.not.stringContaining('steps') as string,
      expect.stringContaining('"steps":["step-0",') as string,
    ])
    await expect(pipe.run(large, 'x'.repeat(1_024), { id: 'run-3' })).rejects.toMatchObject({
      code: 'VALUE_UNSTORABLE',
    })
  })
})
