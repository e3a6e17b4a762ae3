import {
  type AnyPipeline,
  createPipe,
  definePlugin,
  type Pipeline,
  PipelineError,
  pipeline,
  type RunOptions,
  service,
  type,
} from '@pipe/core'
import { afterEach, describe, expect, test, vi } from 'vitest'
import {
  memoryStore,
  recover,
  type RecoverOptions,
  type Recovery,
  runsIn,
  type RunState,
  type StateStore,
} from '../src/index.ts'
import { manualClock } from './support/manual-clock.ts'
import { agingStore, startProcess } from './support/process.ts'

const never = () => new Promise<never>(() => undefined)
/** Lets all that can happen without time do so: a store in memory answers within a turn. */
const settled = async () => {
  for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setTimeout(resolve))
}
/** Waits until run `run-1` is in this state. */
const reaches = (store: StateStore, state: RunState) =>
  vi.waitFor(async () => expect((await runsIn(store).get('run-1'))?.state).toBe(state), 10_000)

const going: Recovery[] = []
afterEach(async () => {
  await Promise.all(going.splice(0).map((recovery) => recovery.stop()))
})

/** Runs of a process that died with them, each in the step that does not return; their leases have run out. */
async function leftBehind(
  defined: AnyPipeline,
  runs: readonly (RunOptions & { readonly id: string })[],
  input?: unknown,
) {
  const aging = agingStore()
  const { pipe, kill } = startProcess(aging.store)
  for (const options of runs) {
    void pipe.start(defined as Pipeline<unknown, unknown>, input, options).result
    await vi.waitFor(async () => expect((await aging.store.get(options.id))?.status).toBe('running'))
  }
  await settled()
  kill()
  aging.age(31_000)
  return aging.store
}

/** A process that recovers, and looks when it is told to: every 1,000 ms of its clock. */
function recovering(store: StateStore, pipelines: readonly AnyPipeline[], options: Partial<RecoverOptions> = {}) {
  const onError = vi.fn<(error: unknown, runId?: string) => void>()
  const clock = manualClock()
  const { pipe } = startProcess(store)
  going.push(recover(pipe, { store, pipelines, every: 1_000, clock, onError, ...options }))
  /** Looks so many times, and waits for what comes of it. */
  const look = async (times = 1) => {
    await settled()
    for (let i = 0; i < times; i++) {
      clock.advance(1_200)
      await settled()
    }
  }
  return { onError, look }
}

/** A store of which one method is another. */
const changed = (store: StateStore, changes: Partial<StateStore>): StateStore =>
  new Proxy(store, {
    get: (target, name) => Reflect.get(name in changes ? changes : target, name) as unknown,
  })

const hang = vi.fn<() => unknown>()
const plain = pipeline('p', (p) => {
  const a = p.step('a', { run: () => 1 })
  return p.step('b', { needs: { a }, run: () => hang() })
})
const hanging = () => hang.mockReset().mockImplementation(never)

describe('what cannot be started', () => {
  test('is told with the id of the run, and tried again less and less often', async () => {
    hanging()
    const left = await leftBehind(plain, [{ id: 'run-1' }])
    hang.mockReset()
    const broken = new Error('disk on fire')
    const acquire = vi.fn<StateStore['acquire']>(() => Promise.reject(broken))
    const { onError, look } = recovering(changed(left, { acquire }), [plain])
    await look(100)
    expect(acquire.mock.calls.length).toBeGreaterThan(5)
    expect(acquire.mock.calls.length).toBeLessThan(15)
    expect(onError).toHaveBeenCalledTimes(acquire.mock.calls.length)
    expect(onError).toHaveBeenCalledWith(expect.any(Error), 'run-1')
  })

  test('leaves its place to others at once, and is not started again and again', async () => {
    hanging()
    const left = await leftBehind(plain, [{ id: 'bad' }, { id: 'good-1' }, { id: 'good-2' }])
    hang.mockReset()
    const acquire = vi.fn<StateStore['acquire']>((run, request) =>
      run.id === 'bad' ? Promise.reject(new Error('no')) : left.acquire(run, request),
    )
    const { look } = recovering(changed(left, { acquire }), [plain], { concurrency: 1 })
    await look(1)
    await vi.waitFor(async () => {
      const { items } = await runsIn(left).list({ states: ['succeeded'] })
      expect(items.map(({ id }) => id)).toEqual(['good-2', 'good-1'])
    }, 10_000)
    expect(acquire.mock.calls.filter(([{ id }]) => id === 'bad').length).toBeLessThanOrEqual(2)
  })

  test.each([
    ['no durable()', () => createPipe({ onError: () => undefined })],
    ['a durable() with another store', () => startProcess(memoryStore()).pipe],
  ])('in a pipe that has %s is not run at all', async (_, makePipe) => {
    const work = vi.fn<() => Promise<unknown>>(never)
    const defined = pipeline('p', (p) => p.step('a', { run: work }))
    const store = await leftBehind(defined, [{ id: 'run-1' }])
    const onError = vi.fn<(error: unknown, runId?: string) => void>()
    going.push(recover(makePipe(), { store, pipelines: [defined], onError }))
    await vi.waitFor(() => expect(onError).toHaveBeenCalled())
    const message = expect.stringContaining('has no durable() with the store of recover()') as string
    expect(onError).toHaveBeenCalledWith(expect.objectContaining({ code: 'OPTION_INVALID', message }), 'run-1')
    expect(work).toHaveBeenCalledTimes(1)
  })

  test('for want of a service is told, too', async () => {
    hanging()
    const db = service<string>()('db')
    const defined = pipeline('p', (p) => p.step('a', { uses: { db }, run: () => hang() }))
    const left = await leftBehind(defined, [{ id: 'run-1', services: { db: 'x' } }])
    hang.mockReset()
    const { onError, look } = recovering(left, [defined])
    await look()
    expect(onError).toHaveBeenCalledWith(expect.objectContaining({ code: 'SERVICE_MISSING' }), 'run-1')
    const served = recovering(left, [defined], { options: () => ({ services: { db: 'y' } }) })
    await served.look()
    await reaches(left, 'succeeded')
  })

  test('since its input is refused is blocked, where everybody sees it, and is not tried again here', async () => {
    hanging()
    let strict = false
    const schema = {
      '~standard': {
        version: 1,
        vendor: 'test',
        validate: (value: unknown) => (strict ? { issues: [{ message: 'field missing' }] } : { value }),
      },
    } as const
    const defined = pipeline('p', { input: schema }, (p) => p.step('a', { run: () => hang() }))
    const left = await leftBehind(defined, [{ id: 'run-1' }], { n: 1 })
    strict = true
    const { onError, look } = recovering(left, [defined])
    await look(50)
    expect(onError).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ code: 'INPUT_INVALID' }), 'run-1')
    expect(await runsIn(left).get('run-1')).toMatchObject({ state: 'blocked', error: { code: 'INPUT_INVALID' } })
    // Where it is not refused, it goes on.
    strict = false
    hang.mockReset()
    await recovering(left, [defined]).look()
    await reaches(left, 'succeeded')
  })
})

describe('a recovered run', () => {
  const seen = vi.fn<(options: RunOptions) => void>()
  const spy = definePlugin({ name: 'spy', run: (run, next) => (seen(run.options), next()) })
  const given = {
    failure: 'continue',
    tags: { team: 'x' },
    concurrency: 3,
    timeout: '1h',
    grace: 500,
    undoTimeout: '2s',
    context: { tenant: 7 },
  } as const

  const recovered = async (options: Partial<RecoverOptions> = {}) => {
    hanging()
    const store = await leftBehind(plain, [{ id: 'run-1', ...given }])
    hang.mockReset()
    seen.mockClear()
    const { pipe } = startProcess(store, {}, spy)
    going.push(recover(pipe, { store, pipelines: [plain], ...options }))
    await vi.waitFor(() => expect(seen).toHaveBeenCalled())
    const { recovery: _, ...recoveredWith } = seen.mock.calls[0]![0]
    return recoveredWith
  }

  test('goes on when nobody looks for more, and can be waited for', async () => {
    hanging()
    const store = await leftBehind(plain, [{ id: 'run-1' }])
    let end: () => void = () => undefined
    hang.mockReset().mockImplementation(() => new Promise<void>((resolve) => (end = resolve)))
    const { pipe } = startProcess(store)
    const recovery = recover(pipe, { store, pipelines: [plain] })
    await vi.waitFor(() => expect(hang).toHaveBeenCalled())
    await recovery.stop()
    let isIdle = false
    const idle = recovery.idle().then(() => (isIdle = true))
    await settled()
    expect(isIdle).toBe(false)
    end()
    await idle
    expect(await runsIn(store).get('run-1')).toMatchObject({ state: 'succeeded' })
  })

  test('has the options that it was started with, as far as they are data', async () => {
    const { context: _, ...data } = given
    expect(await recovered()).toEqual({ id: 'run-1', ...data })
  })

  test('has what this process gives it for the rest, which goes before what is recorded', async () => {
    const options = vi.fn<NonNullable<RecoverOptions['options']>>(({ tags }) => ({
      context: { tenant: tags['team'] },
      concurrency: 1,
    }))
    expect(await recovered({ options })).toMatchObject({ ...given, context: { tenant: 'x' }, concurrency: 1 })
    expect(options).toHaveBeenCalledWith(expect.objectContaining({ id: 'run-1', pipeline: 'p', state: 'stalled' }))
  })

  test('that is started with its id has what its caller gives, and nothing else', async () => {
    hanging()
    const store = await leftBehind(plain, [{ id: 'run-1', ...given }])
    hang.mockReset()
    seen.mockClear()
    await startProcess(store, {}, spy).pipe.run(plain, undefined, { id: 'run-1', concurrency: 2 })
    expect(seen).toHaveBeenCalledWith({ id: 'run-1', concurrency: 2 })
  })

  test('is the one that was created first; others wait for their turn', async () => {
    const ran: number[] = []
    const store = memoryStore()
    await store.open()
    const numbered = pipeline('p', { input: type<number>() }, (p, input) =>
      p.step('a', { needs: { input }, run: ({ input }) => void ran.push(input) }),
    )
    let time = 0
    vi.spyOn(Date, 'now').mockImplementation(() => Math.floor(++time / 3)) // some in the same millisecond
    for (let i = 0; i < 250; i++) {
      const data = `{"format":1}\njson:${i}`
      const { fence } = await store.acquire(
        { id: `run-${i}`, pipeline: 'p', data },
        { owner: 'o', leaseMs: 1, maxCrashes: 1 },
      )
      await store.release(`run-${i}`, fence!, 'waiting')
    }
    vi.restoreAllMocks()
    await recovering(store, [numbered], { concurrency: 1 }).look()
    await vi.waitFor(() => expect(ran).toHaveLength(250), 10_000)
    expect(ran).toEqual(Array.from({ length: 250 }, (_, i) => i))
  })

  test('has the version of its pipeline that it was created with, or else the last', async () => {
    hanging()
    const version = (version: string, answer: string) =>
      pipeline('p', { version }, (p) => {
        const a = p.step('a', { run: () => 1 })
        return p.step('b', { needs: { a }, run: async () => (await hang(), answer) })
      })
    const [one, two] = [version('1', 'first'), version('2', 'second')]
    const left = await leftBehind(one, [{ id: 'run-1' }])
    hang.mockReset()
    await recovering(left, [one, two]).look()
    await reaches(left, 'succeeded')
    expect(await runsIn(left).get('run-1')).toMatchObject({ output: 'first' })

    hanging()
    const other = await leftBehind(version('0', 'old'), [{ id: 'run-1' }])
    hang.mockReset()
    await recovering(other, [one, two]).look()
    await reaches(other, 'succeeded')
    expect(await runsIn(other).get('run-1')).toMatchObject({ output: 'second' })
  })

  test('that was lost does not keep its place when a function of it does not return', async () => {
    hang.mockReset().mockImplementation(never)
    const { store, age } = agingStore()
    const { pipe, kill } = startProcess(store)
    for (const id of ['hung', 'other']) void pipe.start(plain, undefined, { id }).result
    await vi.waitFor(() => expect(hang).toHaveBeenCalledTimes(2))
    kill()
    age(31_000)
    hang.mockReset().mockImplementationOnce(never)
    let stolen = false
    const thief = changed(store, {
      renew: (id, ...rest) => (stolen && id === 'hung' ? Promise.resolve(null) : store.renew(id, ...rest)),
      watch: () => () => undefined,
    })
    const recoverer = startProcess(thief, { lease: 100 })
    going.push(
      recover(recoverer.pipe, { store: thief, pipelines: [plain], every: 20, concurrency: 1, onError: vi.fn() }),
    )
    await vi.waitFor(() => expect(hang).toHaveBeenCalledTimes(1))
    stolen = true
    await vi.waitFor(async () => expect((await store.get('other'))?.status).toBe('succeeded'), 10_000)
    // The function of the lost run still runs here, so this process does not take it again.
    expect(await store.get('hung')).toMatchObject({ status: 'running' })
    recoverer.kill()
  })
})

test('a run that is blocked is judged once by each process, however many there are', async () => {
  hanging()
  const left = await leftBehind(plain, [{ id: 'run-1' }])
  const other = pipeline('p', (p) => p.step('z', { run: () => 1 }))
  const before = (await left.get('run-1'))!.fence
  const processes = [recovering(left, [other]), recovering(left, [other]), recovering(left, [other])]
  for (let i = 0; i < 20; i++) for (const { look } of processes) await look()
  expect((await left.get('run-1'))!.fence - before).toBe(3)
  for (const { onError } of processes) {
    expect(onError).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ code: 'RUN_CHANGED' }), 'run-1')
  }
  hang.mockReset()
  await recovering(left, [plain]).look()
  await reaches(left, 'succeeded')
})

describe('the options of recover()', () => {
  test.each<[options: object, message: string]>([
    [{ store: undefined }, '`store` of recover() must be a store'],
    [{ store: {} }, '`store` of recover() must be a store'],
    [{ pipelines: undefined }, '`pipelines` of recover() must be an array of pipelines'],
    [{ pipelines: ['orders'] }, '`pipelines` of recover() must be an array of pipelines'],
    [{ concurrency: 0 }, '`concurrency` of recover() must be a whole number from 1 up; got 0'],
    [{ concurrency: NaN }, '`concurrency` of recover() must be a whole number'],
    [{ every: 0 }, '`every` of recover() must be 1 ms to 20 days'],
    [{ every: '40d' }, '`every` of recover() must be 1 ms to 20 days'],
    [{ every: 'soon' }, '`every` of recover() must be 1 ms to 20 days'],
    [{ codec: {} }, '`codec` of recover() must be a codec'],
    [{ clock: {} }, '`clock` of recover() must be a clock'],
    [{ options: {} }, '`options` of recover() must be a function'],
    [{ onError: 1 }, '`onError` of recover() must be a function'],
    [{ evry: 5 }, '`evry` of recover() must be left out'],
  ])('are checked: %o', (options, message) => {
    const store = memoryStore()
    const { pipe } = startProcess(store)
    const start = () => recover(pipe, { store, pipelines: [plain], ...options })
    expect(start).toThrow(
      expect.objectContaining({ code: 'OPTION_INVALID', message: expect.stringContaining(message) as string }),
    )
  })
})

describe('a run that is asked to cancel', () => {
  const undone = vi.fn<(step: string) => void>()
  const saga = (version: '1' | '2') =>
    pipeline('p', (p) => {
      const a = p.step('a', { run: () => 1, undo: () => undone('a') })
      const b = p.step('b', { version, needs: { a }, run: () => 2, undo: () => undone('b') })
      return p.step('c', { needs: { b }, run: () => hang() })
    })
  const blocked = async () => {
    hanging()
    undone.mockClear()
    const store = await leftBehind(saga('1'), [{ id: 'run-1' }])
    await recovering(store, [saga('2')]).look()
    await reaches(store, 'blocked')
    return store
  }

  test('while it is blocked ends: what fits is undone, and the error names the rest', async () => {
    const store = await blocked()
    await runsIn(store).cancel('run-1', 'too late')
    await recovering(store, [saga('2')]).look()
    await reaches(store, 'cancelled')
    expect(await runsIn(store).get('run-1')).toMatchObject({
      state: 'cancelled',
      error: {
        code: 'CANCELLED',
        message: 'Pipeline "p" was cancelled: too late. Not undone, since the definition has changed: "b".',
      },
    })
    expect(undone.mock.calls).toEqual([['a']])
    await vi.waitFor(async () => expect(await runsIn(store).purge({ endedBefore: 0 })).toBe(1))
  })

  test('ends also in the process that has judged it before', async () => {
    hanging()
    undone.mockClear()
    const store = await leftBehind(saga('1'), [{ id: 'run-1' }])
    const { look } = recovering(store, [saga('2')])
    await look(3)
    await runsIn(store).cancel('run-1')
    await look()
    await reaches(store, 'cancelled')
  })

  test('while an item is another than before ends, too', async () => {
    hanging()
    undone.mockClear()
    const over = (items: readonly string[]) =>
      pipeline('p', (p) => {
        const m = p.map('m', { over: () => items, run: (it) => it, undo: (it) => undone(it) })
        return p.step('c', { needs: { m }, run: () => hang() })
      })
    const store = await leftBehind(over(['x', 'y']), [{ id: 'run-1' }])
    await recovering(store, [over(['new', 'y'])]).look()
    await reaches(store, 'blocked')
    await runsIn(store).cancel('run-1')
    await recovering(store, [over(['new', 'y'])]).look(1)
    await reaches(store, 'cancelled')
    expect(undone.mock.calls.flat()).toEqual(['y'])
  })

  test('while it is dead is taken once more, and undone', async () => {
    hanging()
    undone.mockClear()
    const aging = agingStore()
    for (let i = 0; i < 2; i++) {
      const { pipe, kill } = startProcess(aging.store, { maxCrashes: 0 })
      void pipe.start(saga('1'), undefined, { id: 'run-1' }).result
      await settled()
      kill()
      aging.age(31_000)
    }
    const runs = runsIn(aging.store)
    expect((await runs.get('run-1'))?.state).toBe('dead')
    expect((await runs.cancel('run-1'))?.state).toBe('cancelling')
    await recovering(aging.store, [saga('1')]).look()
    await reaches(aging.store, 'cancelled')
    expect(undone.mock.calls).toEqual([['b'], ['a']])
  })

  test('is abandoned when nobody will go on with it, which undoes nothing and says so', async () => {
    const store = await blocked()
    const runs = runsIn(store)
    expect(await runs.abandon('run-1', 'its pipeline is no more')).toMatchObject({
      state: 'cancelled',
      error: {
        code: 'CANCELLED',
        message: 'Run "run-1" was abandoned: its pipeline is no more. Nothing that it did was undone.',
      },
    })
    expect(undone).not.toHaveBeenCalled()
    expect((await runs.abandon('run-1'))?.state).toBe('cancelled')
    expect(await runs.abandon('unknown')).toBeUndefined()
  })

  test.each(['dead', 'paused', 'waiting'])('is abandoned while it is %s', async (state) => {
    const store = memoryStore()
    await store.open()
    const run = { id: 'run-1', pipeline: 'p', data: '{"format":1}\n' }
    const { fence } = await store.acquire(run, { owner: 'a', leaseMs: 1, maxCrashes: 0 })
    if (state === 'dead') {
      await vi.waitFor(async () => {
        expect((await store.acquire(run, { owner: 'b', leaseMs: 1, maxCrashes: 0 })).run.status).toBe('dead')
      })
    } else await store.release('run-1', fence!, 'waiting')
    if (state === 'paused') await store.command('run-1', 'pause')
    expect((await runsIn(store).get('run-1'))?.state).toBe(state)
    expect((await runsIn(store).abandon('run-1'))?.state).toBe('cancelled')
  })

  test('is not abandoned while somebody has it', async () => {
    hanging()
    const store = memoryStore()
    const { pipe, kill } = startProcess(changed(store, { watch: () => () => undefined }))
    void pipe.start(plain, undefined, { id: 'run-1' }).result
    await vi.waitFor(() => expect(hang).toHaveBeenCalled())
    const error = await runsIn(store)
      .abandon('run-1')
      .catch((error: unknown) => error)
    expect(error).toBeInstanceOf(PipelineError)
    expect(error).toMatchObject({ code: 'RUN_TAKEN' })
    expect(await runsIn(store).get('run-1')).toMatchObject({ state: 'cancelling', held: true })
    kill()
  })
})
