import { pipeline, type Pipeline, PipelineError, type } from '@pipe/core'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { type DurableOptions, memoryStore, richCodec, runsIn, type StateStore } from '../src/index.ts'
import { startProcess } from './support/process.ts'

const never = () => new Promise<never>(() => undefined)

/** A store some of whose methods are others. */
const altered = (store: StateStore, methods: Partial<StateStore>): StateStore => ({ ...store, ...methods })

const unavailable = () => new PipelineError('STORE_UNAVAILABLE', 'The answer was lost.')

/** What a start of a run ends with: its output, or the code and the message of its error. */
async function outcomeOf(promise: Promise<unknown>): Promise<unknown> {
  return await promise.catch((error: unknown) => {
    const { code, message } = error as PipelineError
    return `${code} ${message}`
  })
}

const echo = pipeline('echo', { input: type<unknown>() }, (p, input) =>
  p.step('a', { needs: { input }, durable: 'none', run: () => 'done' }),
)

describe('a run is the one that was started before when its input is the same', () => {
  const startTwice = async (
    first: readonly [input: unknown, options?: Omit<DurableOptions, 'store'>],
    second: readonly [input: unknown, options?: Omit<DurableOptions, 'store'>],
  ) => {
    const store = memoryStore()
    for (const [input, options] of [first, second]) {
      const outcome = await outcomeOf(startProcess(store, options).pipe.run(echo, input, { id: 'run-1' }))
      if (outcome !== 'done') return outcome
    }
    return 'done'
  }
  const rich = { codec: richCodec }

  test.each([
    ['fields in another order', [{ a: 1, b: [{ c: 1, d: 2 }] }], [{ b: [{ d: 2, c: 1 }], a: 1 }]],
    ['also in maps and sets', [new Map([['k', { a: 1, b: 2 }]]), rich], [new Map([['k', { b: 2, a: 1 }]]), rich]],
    ['written by JSON, before a richer codec was chosen', [{ a: 1, b: -0 }], [{ b: -0, a: 1, c: undefined }, rich]],
    ['none', [undefined], [undefined, rich]],
  ] as const)('%s', async (_, first, second) => {
    expect(await startTwice(first, second)).toBe('done')
  })

  test.each([
    ['another value', [{ a: 1 }], [{ a: 2 }]],
    ['another order of items', [[1, 2]], [[2, 1]]],
    ['none', [{ a: 1 }], [undefined]],
    ['what JSON cannot write, where JSON wrote', [{ a: 1 }], [{ a: new Date(0) }, rich]],
    ['another time', [new Date(0), rich], [new Date(1), rich]],
  ] as const)('and not with %s', async (_, first, second) => {
    expect(await startTwice(first, second)).toMatch(/^RUN_CONFLICT There is a run "run-1" with another input/)
  })
})

describe('a start that does not fit the run of that id leaves it as it was', () => {
  const other = pipeline('other', { input: type<unknown>() }, (p) => p.step('a', { run: () => 1 }))

  /** A store with a run that nobody has: stalled, or blocked. */
  const left = async (status: 'running' | 'blocked') => {
    const store = memoryStore()
    await store.open()
    const data = '{"format":1}\njson:{"n":1}'
    const request = { owner: 'gone', leaseMs: 1, maxCrashes: 5 }
    const { fence } = await store.acquire({ id: 'run-1', pipeline: 'echo', data }, request)
    if (status === 'blocked') await store.release('run-1', fence!, 'blocked', '{"name":"Error","message":"why"}')
    else await new Promise((resolve) => setTimeout(resolve, 3))
    return store
  }

  test.each<readonly [string, defined: Pipeline<unknown, unknown>, input: unknown, options: object, code: string]>([
    ['another input', echo, { n: 2 }, {}, 'RUN_CONFLICT'],
    ['another pipeline', other, { n: 1 }, {}, 'RUN_CONFLICT'],
    ['another fork', echo, { n: 1 }, { fork: { run: 'run-0' } }, 'RUN_CONFLICT'],
  ])('%s', async (_, defined, input, options, code) => {
    for (const status of ['running', 'blocked'] as const) {
      const store = await left(status)
      const before = await store.get('run-1')
      const { pipe } = startProcess(store, { maxCrashes: 0 })
      expect(await outcomeOf(pipe.run(defined, input, { id: 'run-1', ...options }))).toContain(code)
      expect(await store.get('run-1')).toEqual(before)
    }
  })

  test('a codec that cannot read it', async () => {
    const store = memoryStore()
    const rich = startProcess(store, { codec: richCodec })
    await rich.pipe.run(echo, new Date(0), { id: 'run-1' })
    const before = await store.get('run-1')
    expect(await outcomeOf(startProcess(store).pipe.run(echo, 'now', { id: 'run-1' }))).toBe(
      'VALUE_UNSTORABLE The input of run "run-1" was written by the codec "devalue", and durable() has "json". Give it that one.',
    )
    const broken = { ...richCodec, decode: () => JSON.parse('oops') as unknown }
    const { pipe } = startProcess(store, { codec: broken })
    expect(await outcomeOf(pipe.run(echo, 'now', { id: 'run-1' }))).toMatch(
      /^VALUE_UNSTORABLE The input of run "run-1" cannot be read by the codec "devalue", which wrote it: .*JSON/,
    )
    expect(await store.get('run-1')).toEqual(before)
  })

  test('also when it was created while this one was starting: it is handed back', async () => {
    const store = await left('blocked')
    const { pipe } = startProcess(altered(store, { get: () => Promise.resolve(undefined) }))
    expect(await outcomeOf(pipe.run(echo, { n: 2 }, { id: 'run-1' }))).toContain('RUN_CONFLICT')
    expect(await store.get('run-1')).toMatchObject({
      status: 'waiting',
      data: expect.stringContaining('{"n":1}') as string,
    })
  })

  test('a run that somebody has cannot be forced: the error does not say to force it', async () => {
    const store = memoryStore()
    const hangs = pipeline('echo', { input: type<unknown>() }, (p) => p.step('a', { run: never }))
    const first = startProcess(store)
    void first.pipe.run(hangs, 1, { id: 'run-1' })
    await vi.waitFor(async () => expect(await store.get('run-1')).toBeDefined())
    const { pipe } = startProcess(store)
    expect(await outcomeOf(pipe.run(hangs, 2, { id: 'run-1', force: true }))).toMatch(
      /^RUN_TAKEN Run "run-1" cannot begin anew while it is being executed by .+\. Wait for it, or cancel it\.$/,
    )
    first.kill()
  })
})

describe('a store whose answers are lost when it is asked for a run', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  /** A store that does what it is asked, but whose answers to `acquire` are lost: the first `lost` of them. */
  const lossy = (lost: number) => {
    const store = memoryStore()
    const acquire = vi.fn<StateStore['acquire']>(async (...request) => {
      const acquired = await store.acquire(...request)
      if (acquire.mock.calls.length <= lost) throw unavailable()
      return acquired
    })
    return { store, acquire, lossy: altered(store, { acquire }) }
  }

  test('is asked again, as the same owner: it answers with the lease that there is', async () => {
    const { store, acquire, lossy: asked } = lossy(3)
    const run = startProcess(asked).pipe.run(echo, 1, { id: 'run-1' })
    await vi.advanceTimersByTimeAsync(1_000)
    expect(await run).toBe('done')
    expect(acquire).toHaveBeenCalledTimes(4)
    expect(await store.get('run-1')).toMatchObject({ fence: 1, crashes: 0 })
  })

  test('also when the run is to begin anew', async () => {
    const { store, lossy: asked } = lossy(3)
    const run = startProcess(asked).pipe.run(echo, 1, { id: 'run-1', force: true })
    await vi.advanceTimersByTimeAsync(1_000)
    expect(await run).toBe('done')
    expect(await store.get('run-1')).toMatchObject({ fence: 1 })
  })

  test('is asked for as long as a lease: then the run rejects with what the store said', async () => {
    const { acquire, lossy: asked } = lossy(Infinity)
    const run = outcomeOf(startProcess(asked, { lease: '3s' }).pipe.run(echo, 1, { id: 'run-1' }))
    await vi.advanceTimersByTimeAsync(3_000)
    expect(await run).toBe('STORE_UNAVAILABLE The answer was lost.')
    expect(acquire.mock.calls.length).toBeGreaterThan(3)
    expect(vi.getTimerCount()).toBe(0)
  })

  test('is not asked again when the run is told to stop: it may have begun', async () => {
    const { acquire, lossy: asked } = lossy(Infinity)
    const controller = new AbortController()
    const { pipe } = startProcess(asked)
    const run = outcomeOf(pipe.run(echo, 1, { id: 'run-1', signal: controller.signal }))
    await vi.advanceTimersByTimeAsync(15)
    const { length } = acquire.mock.calls
    controller.abort()
    expect(await run).toBe('STORE_UNAVAILABLE The answer was lost.')
    expect(acquire).toHaveBeenCalledTimes(length)
  })

  test('and one that does not answer at all is not waited for any longer: what it gives after that is handed back', async () => {
    const store = memoryStore()
    const late = Promise.withResolvers<undefined>()
    const acquire: StateStore['acquire'] = async (...request) => (await late.promise, await store.acquire(...request))
    const { pipe } = startProcess(altered(store, { acquire }), { lease: '3s' })
    const run = outcomeOf(pipe.run(echo, 1, { id: 'run-1' }))
    await vi.advanceTimersByTimeAsync(3_000)
    expect(await run).toBe('STORE_UNAVAILABLE The memory store did not answer whether run "run-1" can be had.')
    late.resolve(undefined)
    await vi.advanceTimersByTimeAsync(0)
    expect(await runsIn(store).get('run-1')).toMatchObject({ state: 'waiting', held: false })
  })

  test('a run that is told to stop while it is asked for is ended by whoever gets the answer', async () => {
    const store = memoryStore()
    const late = Promise.withResolvers<undefined>()
    const acquire: StateStore['acquire'] = async (...request) => (await late.promise, await store.acquire(...request))
    const { pipe } = startProcess(altered(store, { acquire }))
    const started = pipe.start(echo, 1, { id: 'run-1' })
    await vi.advanceTimersByTimeAsync(0)
    started.cancel()
    late.resolve(undefined)
    expect((await started.result).status).toBe('cancelled')
    expect(await store.get('run-1')).toMatchObject({ status: 'cancelled' })
  })
})
