import { pipeline, type Plugin, PipelineError, type Steps, type } from '@pipe/core'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { runsIn } from '../src/index.ts'
import { agingStore, startProcess } from './support/process.ts'

const turn = () => new Promise<void>((resolve) => setTimeout(resolve))
const never = () => new Promise<never>(() => undefined)

const undone: string[] = []
const undo = (_: unknown, { stepId }: { readonly stepId: string }) => void undone.push(stepId)
beforeEach(() => void undone.splice(0))

/** How the run ended, and in how many processes that do not die: 9 when it does not end. */
async function livesOf(store: ReturnType<typeof agingStore>['store'], start: () => Promise<unknown>): Promise<unknown> {
  for (let lives = 1; lives < 9; lives++) {
    await start()
    const run = await store.get('run-1')
    if (run?.endedAt !== undefined) return [run.status, lives]
  }
  return 9
}

describe('what fails again while a run is only undone stops nothing', () => {
  /** A branch of steps that appear late, since some of them are not recorded. */
  const late = (p: Steps<undefined>, last: () => unknown) => {
    const a = p.step('a', { run: () => 1, undo })
    const gap = p.step('gap', { after: [a], durable: 'none', run: turn })
    return p.step('b', { after: [gap], run: () => 2, undo: last })
  }
  const slowly = async () => {
    for (let i = 0; i < 10; i++) await turn()
  }
  const bad = () => Promise.reject<number>(new Error('bad'))
  const one = pipeline('one', (p) => p.step('i', { run: () => 1 }))
  const more = pipeline('more', { input: type<number>() }, (p, input) =>
    p.step('i', { needs: { input }, run: ({ input }) => input + 1 }),
  )

  test.each([
    ['a fallback', (p: Steps<undefined>) => p.fallback('bad', { alternatives: { x: () => slowly().then(bad) } })],
    [
      'a condition',
      (p: Steps<undefined>) => {
        const slow = p.step('slow', { run: slowly })
        const when = () => {
          throw new Error('bad')
        }
        return p.call('bad', one, { after: [slow], when })
      },
    ],
    [
      'a step that is not recorded',
      (p: Steps<undefined>) => p.step('bad', { after: [p.step('slow', { run: slowly })], durable: 'none', run: bad }),
    ],
    [
      'a loop',
      (p: Steps<undefined>) => {
        const slow = p.step('slow', { run: slowly })
        return p.loop('bad', more, { after: [slow], input: () => 1, max: 2, until: () => false })
      },
    ],
  ])('%s', async (_, fails: (p: Steps<undefined>) => unknown) => {
    const { store, age } = agingStore()
    const last = vi.fn<() => unknown>(() => (dying.kill(), never()))
    const defined = pipeline('p', (p) => ({ bad: fails(p) as never, b: late(p, last) }))
    const dying = startProcess(store)
    void dying.pipe.run(defined, undefined, { id: 'run-1' }).catch(() => undefined)
    await dying.dead
    age(31_000)
    last.mockImplementation(() => void undone.push('b'))
    const start = () => startProcess(store).pipe.start(defined, undefined, { id: 'run-1' }).result
    expect(await livesOf(store, start)).toEqual(['failed', 1])
    expect(undone).toEqual(['b', 'a'])
  })

  test('in an attempt of a call that is taken back', async () => {
    const { store, age } = agingStore()
    const last = vi.fn<() => unknown>(() => (dying.kill(), never()))
    const inner = pipeline('inner', (p) => {
      const slow = p.step('slow', { run: slowly })
      return { bad: p.step('bad', { after: [slow], durable: 'none', run: bad }), b: late(p, last) }
    })
    const settles: Plugin = { name: 'settles', policy: ({ id }) => (id === 'call' ? () => ({ output: 5 }) : undefined) }
    const defined = pipeline('p', (p) => p.call('call', inner))
    const dying = startProcess(store, {}, settles)
    void dying.pipe.run(defined, undefined, { id: 'run-1' })
    await dying.dead
    age(31_000)
    last.mockImplementation(() => void undone.push('b'))
    expect(await startProcess(store, {}, settles).pipe.run(defined, undefined, { id: 'run-1' })).toBe(5)
    expect(undone).toEqual(['b', 'call/a'])
  })
})

describe('a run that is cancelled after its process died', () => {
  test('ends without what does not appear any more since its source fails', async () => {
    const { store, age } = agingStore()
    const hangs = vi.fn(never)
    const over = vi.fn(() => ['x'])
    const defined = pipeline('p', (p) => {
      const items = p.map('items', { over, key: (it) => it, run: (it) => it, undo })
      return p.step('b', { after: [items], run: hangs })
    })
    const dying = startProcess(store)
    void dying.pipe.run(defined, undefined, { id: 'run-1' })
    await vi.waitFor(() => expect(hangs).toHaveBeenCalled())
    dying.kill()
    age(31_000)
    over.mockImplementation(() => {
      throw new Error('gone')
    })
    await runsIn(store).cancel('run-1')
    const { status, reports } = await startProcess(store).pipe.start(defined, undefined, { id: 'run-1' }).result
    expect([status, reports?.durable?.missed, (await store.get('run-1'))?.status]).toEqual([
      'cancelled',
      1,
      'cancelled',
    ])
  })

  test('is left to others when it is stopped before all of it has appeared', async () => {
    const { store, age } = agingStore()
    const gate = Promise.withResolvers<unknown>()
    const gap = vi.fn<() => unknown>(turn)
    const open = vi.fn(never)
    const defined = pipeline('p', (p) => {
      const a = p.step('a', { run: () => 1, undo })
      const none = p.step('gap', { after: [a], durable: 'none', run: gap })
      return { b: p.step('b', { after: [none], run: () => 2, undo }), open: p.step('open', { run: open }) }
    })
    const dying = startProcess(store)
    void dying.pipe.run(defined, undefined, { id: 'run-1' })
    await vi.waitFor(async () => expect(await runsIn(store).steps('run-1')).toHaveLength(2))
    dying.kill()
    age(31_000)
    await runsIn(store).cancel('run-1')
    gap.mockImplementation(() => gate.promise)
    const stopped = startProcess(store).pipe.start(defined, undefined, { id: 'run-1' })
    await vi.waitFor(() => expect(gap).toHaveBeenCalledTimes(2))
    stopped.cancel(new PipelineError('TIMEOUT', 'late'))
    gate.resolve(undefined)
    await stopped.result
    expect([undone, (await store.get('run-1'))?.status]).toEqual([['a'], 'waiting'])
    await startProcess(store).pipe.start(defined, undefined, { id: 'run-1' }).result
    expect([undone, (await store.get('run-1'))?.status]).toEqual([['a', 'b'], 'cancelled'])
  })

  describe('reads sources only until what was completed has appeared, for they may have no end', () => {
    /** Items without end; how many were read. */
    const endless = () => {
      const source = { read: 0 }
      async function* over() {
        for (let i = 0; ; i++) {
          await turn()
          source.read++
          yield `${i}`
        }
      }
      return { source, over }
    }

    test.each([
      ['of functions, one of which was done', false, 1],
      ['of functions, none of which was done', false, 0],
      ['of pipelines, one of which was done', true, 1],
    ])('%s', async (_, isCall, done) => {
      const { store, age } = agingStore()
      const { source, over } = endless()
      const hangs = vi.fn(never)
      const item = pipeline('item', { input: type<string>() }, (p, input) => {
        const a = p.step('a', { needs: { input }, run: ({ input }) => input, undo })
        return p.step('b', { needs: { a }, run: ({ a }) => (Number(a) < done ? a : hangs()) })
      })
      const run = (it: string) => (Number(it) < done ? it : hangs())
      const defined = pipeline('p', (p) => {
        const first = p.step('first', { run: () => 1, undo })
        const items = { after: [first], over, key: (it: string) => it }
        return isCall ? p.map('items', { ...items, run: item }) : p.map('items', { ...items, run, undo })
      })
      const dying = startProcess(store)
      void dying.pipe.run(defined, undefined, { id: 'run-1', concurrency: 3 })
      await vi.waitFor(() => expect(hangs).toHaveBeenCalled())
      dying.kill()
      age(31_000)
      source.read = 0
      await runsIn(store).cancel('run-1')
      const before = (await runsIn(store).steps('run-1')).length
      await startProcess(store).pipe.start(defined, undefined, { id: 'run-1', concurrency: 3 }).result
      expect((await store.get('run-1'))?.status).toBe('cancelled')
      expect(source.read).toBeLessThan(8)
      expect([undone.length, undone.includes('first')]).toEqual([isCall ? before - done : before, true])
    })
  })
})
