import { definePlugin, pipeline, PipelineError, systemClock, type } from '@pipe/core'
import { describe, expect, test, vi } from 'vitest'
import { memoryStore, richCodec, runsIn, sqliteStore, type StateStore } from '../src/index.ts'
import { agingStore, startProcess } from './support/process.ts'

const never = () => new Promise<never>(() => undefined)
const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error: unknown) => (error as PipelineError).code,
  )

describe('a run that cannot be read', () => {
  const written = async () => {
    const store = memoryStore()
    const dated = pipeline('dated', { input: type<Date>() }, (p, input) =>
      p.step('a', { needs: { input }, run: ({ input }) => input }),
    )
    await startProcess(store).pipe.run(
      pipeline('plain', (p) => p.step('a', { run: () => 1 })),
      undefined,
      { id: 'plain' },
    )
    await startProcess(store, { codec: richCodec }).pipe.run(dated, new Date(0), { id: 'rich', tags: { team: 'x' } })
    return store
  }

  test('is listed, with what can be read of it, and why the rest cannot', async () => {
    const runs = runsIn(await written())
    const [rich, plain] = (await runs.list()).items
    expect(plain).toMatchObject({ id: 'plain', output: 1 })
    expect(plain).not.toHaveProperty('unreadable')
    expect(rich).toMatchObject({ id: 'rich', state: 'succeeded', tags: { team: 'x' }, input: undefined })
    expect(rich?.unreadable).toContain('written by the codec "devalue"')
    expect(rich).not.toHaveProperty('output')
    const [step] = await runs.steps('rich')
    expect(step).toMatchObject({ path: 'a', status: 'succeeded' })
    expect(step?.unreadable).toContain('written by the codec "devalue"')
    expect(step).not.toHaveProperty('output')
  })

  test('can be asked to cancel, and answers', async () => {
    const store = memoryStore()
    await store.open()
    const { fence } = await store.acquire(
      { id: 'strange', pipeline: 'p', data: 'of somebody else' },
      { owner: 'a', leaseMs: 1, maxCrashes: 0 },
    )
    await store.release('strange', fence!, 'blocked', 'no error')
    expect(await runsIn(store).cancel('strange')).toMatchObject({
      id: 'strange',
      state: 'cancelling',
      unreadable: expect.any(String) as string,
    })
  })
})

describe('runs that are asked for by what they do', () => {
  const DAY = 86_400_000

  /** A store with two runs of each kind that an application tells apart, and when their leases run out. */
  const filled = async () => {
    let time = Date.now()
    const clock = { ...systemClock, now: () => time }
    const store = memoryStore({ clock })
    await store.open()
    for (const n of [1, 2]) {
      const made = async (what: string, leaseMs = 2 * DAY) => {
        const id = `${what}-${n}`
        const { fence } = await store.acquire(
          { id, pipeline: 'p', data: '{}\n' },
          { owner: 'a', leaseMs, maxCrashes: 0 },
        )
        return { id, fence: fence! }
      }
      await made('running')
      await made('stalled', DAY)
      await store.command((await made('paused')).id, 'pause')
      await store.command((await made('cancelling')).id, 'cancel')
      for (const as of ['waiting', 'blocked'] as const) {
        const { id, fence } = await made(as)
        await store.release(id, fence, as)
      }
      for (const as of ['succeeded', 'failed'] as const) {
        const { id, fence } = await made(as)
        await store.command(id, 'pause')
        await store.end(id, fence, as, 'null')
      }
    }
    time += DAY
    return { store, pass: (ms: number) => void (time += ms) }
  }

  test.each([
    [['paused']],
    [['stalled', 'cancelling']],
    [['waiting', 'blocked', 'succeeded']],
    [['running']],
    [['dead', 'cancelled']],
    [[]],
  ] as const)('%o: all of those, none else, on however many pages', async (states) => {
    const { store } = await filled()
    const found = []
    let after: string | undefined
    do {
      const page = await runsIn(store).list({ states, limit: 1, ...(after !== undefined && { after }) })
      expect(page.items.length).toBeLessThan(2)
      found.push(...page.items)
      after = page.next
    } while (after !== undefined)
    const there = states.filter((state) => state !== 'dead' && state !== 'cancelled')
    expect(found.map(({ id, state }) => [id.split('-')[0], state]).sort()).toEqual(
      [...there, ...there].sort().map((state) => [state, state]),
    )
  })

  test('are shown as they were found, also when a lease has run out since', async () => {
    const { store, pass } = await filled()
    const list: StateStore['list'] = async (...asked) => {
      const page = await store.list(...asked)
      pass(2 * DAY)
      return page
    }
    const { items } = await runsIn({ ...store, list }).list({ states: ['running'] })
    expect(items.map(({ id, state, held }) => [id, state, held])).toEqual([
      ['running-2', 'running', true],
      ['running-1', 'running', true],
    ])
  })

  test('are refused when there is no such state', async () => {
    const { store } = await filled()
    const list = runsIn(store).list({ states: ['done' as 'failed'] })
    await expect(list).rejects.toMatchObject({
      code: 'OPTION_INVALID',
      message: expect.stringContaining(
        '`states` of list() of the memory store must be an array of running, stalled,',
      ) as string,
    })
  })
})

describe.each([
  ['memory', () => memoryStore()],
  ['sqlite', () => sqliteStore({ file: ':memory:' })],
] as const)('a run that is deleted, %s', (_, make) => {
  const answers = pipeline('p', { input: type<number>() }, (p, input) =>
    p.step('a', { needs: { input }, run: ({ input }) => input }),
  )

  test('is forgotten with all that it recorded, and its id may be used again', async () => {
    const store = make()
    const runs = runsIn(store)
    const { pipe } = startProcess(store)
    for (const id of ['one', 'two']) await pipe.run(answers, 1, { id })
    for (let times = 0; times < 2; times++) await runs.delete('one')
    expect(await runs.get('one')).toBeUndefined()
    expect(await runs.steps('one')).toEqual([])
    expect((await runs.list()).items.map(({ id }) => id)).toEqual(['two'])
    expect(await codeOf(pipe.run(answers, 1, { id: 'three', fork: { run: 'one' } }))).toBe('RUN_UNKNOWN')
    expect(await pipe.run(answers, 2, { id: 'one' })).toBe(2) // another input: it is another run
    await store.close()
  })

  test('has ended: what somebody has, may take or should look at is refused, and stays', async () => {
    const store = make()
    await store.open()
    const runs = runsIn(store)
    const request = { owner: 'a', leaseMs: 60_000, maxCrashes: 0 }
    const take = async (id: string) => (await store.acquire({ id, pipeline: 'p', data: '{}\n' }, request)).fence!
    await take('running')
    await store.release('waiting', await take('waiting'), 'waiting')
    await store.release('blocked', await take('blocked'), 'blocked')
    await take('paused')
    await runs.pause('paused')
    await take('cancelling')
    await runs.cancel('cancelling')
    await store.renew('dead', await take('dead'), 1)
    await vi.waitFor(async () => expect((await runs.get('dead'))?.state).toBe('stalled'))
    await take('dead')
    for (const state of ['running', 'waiting', 'blocked', 'paused', 'cancelling', 'dead']) {
      const before = await store.get(state)
      await expect(runs.delete(state)).rejects.toMatchObject({
        code: 'RUN_UNFINISHED',
        pipeline: 'p',
        message: `Run "${state}" is ${state}, so it cannot be deleted. Wait until it has ended, or cancel or abandon it.`,
      })
      expect(await store.get(state)).toEqual(before)
    }
    await runs.abandon('dead')
    await runs.delete('dead')
    expect(await runs.get('dead')).toBeUndefined()
    await store.close()
  })
})

describe('the steps of a run', () => {
  /** Tries again what fails, at once, so many times in all. */
  const again = (attempts: Readonly<Record<string, number>>) =>
    definePlugin({
      name: 'again',
      policy: ({ id }) => {
        const most = attempts[id]
        return most === undefined ? undefined : ({ attempt }) => (attempt < most ? { retryAt: 0 } : undefined)
      },
    })

  test('of a run that has ended do not wait, whatever was tried again', async () => {
    const store = memoryStore()
    const tries = { x: 0, none: 0 }
    const once = (name: keyof typeof tries) => () => {
      if (tries[name]++ === 0) throw new Error('once')
      return name
    }
    const inner = pipeline('inner', (p) => p.step('x', { run: once('x') }))
    const outer = pipeline('outer', (p) => ({
      call: p.call('call', inner),
      none: p.step('none', { durable: 'none', run: once('none') }),
    }))
    await startProcess(store, {}, again({ call: 2, none: 2 })).pipe.run(outer, undefined, { id: 'run-1' })
    expect(await runsIn(store).steps('run-1')).toMatchObject([{ path: 'call/x', status: 'succeeded' }])
  })

  test('are those of the last attempt of all that is around them', async () => {
    const store = memoryStore()
    let tries = 0
    const inner = pipeline('inner', (p) => {
      const x = p.step('x', { run: () => `x of try ${++tries}` })
      const y = p.step('y', { needs: { x }, run: () => (tries < 4 ? Promise.reject(new Error('no')) : 'y') })
      return y
    })
    const middle = pipeline('middle', (p) => p.call('in', inner))
    const outer = pipeline('outer', (p) => p.call('out', middle))
    // The inner call is tried three times in each attempt of the outer one: the fourth of all is the first of the second.
    await startProcess(store, {}, again({ in: 3, out: 2 })).pipe.run(outer, undefined, { id: 'run-1' })
    expect(tries).toBe(4)
    expect(await runsIn(store).steps('run-1')).toMatchObject([
      { path: 'out/in/x', output: 'x of try 4' },
      { path: 'out/in/y', output: 'y' },
    ])
  })

  test('wait while they do: those of a run that is going on', async () => {
    const store = memoryStore()
    const later = definePlugin({ name: 'later', policy: () => () => ({ retryAt: Date.now() + 3_600_000 }) })
    const { pipe, kill } = startProcess(store, {}, later)
    const inner = pipeline('inner', (p) => p.step('x', { run: () => Promise.reject(new Error('no')) }))
    void pipe.start(
      pipeline('p', (p) => p.call('call', inner)),
      undefined,
      { id: 'run-1' },
    ).result
    await vi.waitFor(async () => {
      expect(await runsIn(store).steps('run-1')).toMatchObject([{ path: 'call/x', status: 'waiting', attempts: 1 }])
    })
    kill()
  })
})

describe('a dry run', () => {
  const defined = (version: string) =>
    pipeline('p', (p) => {
      const a = p.step('a', { version, run: () => 1 })
      return p.step('b', { needs: { a }, run: never })
    })
  const leftBehind = async () => {
    const { store, age } = agingStore()
    const { pipe, kill } = startProcess(store)
    void pipe.start(defined('1'), undefined, { id: 'run-1' }).result
    await vi.waitFor(async () => expect(await runsIn(store).steps('run-1')).toHaveLength(1))
    kill()
    age(31_000)
    return store
  }

  test('asks the store again after it could not be read', async () => {
    const store = await leftBehind()
    let fails = true
    const flaky: StateStore = new Proxy(store, {
      get: (target, name) =>
        name === 'entries' && fails
          ? () => Promise.reject(new PipelineError('STORE_UNAVAILABLE', 'gone'))
          : (Reflect.get(target, name) as unknown),
    })
    const { pipe } = startProcess(flaky)
    const dryRun = () => pipe.dryRun(defined('1'), undefined, { id: 'run-1' })
    expect(await codeOf(dryRun())).toBe('STORE_UNAVAILABLE')
    fails = false
    expect((await dryRun()).steps).toMatchObject({ a: { status: 'restored' }, b: { status: 'ready' } })
  })

  test('says that the run would be blocked, and why, when the definition has changed', async () => {
    const { pipe } = startProcess(await leftBehind())
    const changed = await pipe.dryRun(defined('2'), undefined, { id: 'run-1' })
    const reason = 'the definition has changed: "a" was step@1() and is step@2()'
    expect(changed).toMatchObject({
      ready: false,
      steps: { a: { status: 'blocked', reason }, b: { status: 'blocked' } },
    })
    const same = await pipe.dryRun(defined('1'), undefined, { id: 'run-1' })
    expect(same).toMatchObject({ ready: true, steps: { a: { status: 'restored' } } })
    // Whoever asks for it anew is not bound to what was.
    expect(await pipe.dryRun(defined('2'), undefined, { id: 'run-1', force: true })).toMatchObject({ ready: true })
  })
})
