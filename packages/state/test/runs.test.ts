import { definePlugin, pipeline, PipelineError, type } from '@pipe/core'
import { describe, expect, test, vi } from 'vitest'
import { memoryStore, richCodec, runsIn, type StateStore } from '../src/index.ts'
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
