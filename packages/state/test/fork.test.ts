import { createPipe, pipeline, plan, type Plugin, type } from '@pipe/core'
import { describe, expect, test, vi } from 'vitest'
import { downstream } from '../src/downstream.ts'
import { durable, memoryStore, runsIn } from '../src/index.ts'
import { agingStore, startProcess } from './support/process.ts'

const turn = () => new Promise<void>((resolve) => setTimeout(resolve))

describe('what runs again when a step does', () => {
  const inner = pipeline('inner', { input: type<number>() }, (p, input) => {
    const first = p.step('first', { needs: { input }, run: ({ input }) => input })
    const second = p.step('second', { needs: { first }, run: ({ first }) => first })
    const aside = p.step('aside', { needs: { input }, run: ({ input }) => input })
    return { second, aside }
  })
  const step = pipeline('step', { input: type<number>() }, (p, input) => {
    const first = p.step('first', { needs: { input }, run: ({ input }) => input })
    return p.step('second', { needs: { first }, run: ({ first }) => first })
  })
  const defined = pipeline('p', (p) => {
    const a = p.step('a', { run: () => 1 })
    const b = p.step('b', { needs: { a }, run: ({ a }) => a })
    const call = p.call('call', inner, { needs: { a }, input: ({ a }) => a })
    const later = p.step('later', { after: [call], run: () => 1 })
    const loop = p.loop('loop', step, { needs: { b }, input: ({ b }) => b, until: () => true, max: 3 })
    const either = p.fallback('either', { alternatives: { one: { run: () => 1 }, two: { run: () => 2 } } })
    return { later, loop, either, items: p.map('items', { needs: { b }, over: ({ b }) => [b], run: inner }) }
  })
  const of = (...again: string[]) => [...downstream(plan(defined), new Set(again))].sort()

  test.each([
    ['nothing', [], []],
    ['the last', ['later'], ['later']],
    [
      'what others read, with all that comes after it and all inside of that',
      ['b'],
      ['b', 'items', 'items/aside', 'items/first', 'items/second', 'loop', 'loop/first', 'loop/second'],
    ],
    [
      'a part of a call, with what comes after it there, the call itself, and what is ordered after the call',
      ['call/first'],
      ['call', 'call/first', 'call/second', 'later'],
    ],
    [
      'a part of a loop: all of the loop, whose iterations follow each other',
      ['loop/second'],
      ['loop', 'loop/first', 'loop/second'],
    ],
    ['a call, with all inside', ['call'], ['call', 'call/aside', 'call/first', 'call/second', 'later']],
  ])('%s', (_, again, expected) => {
    expect(of(...again)).toEqual(expected)
  })

  test('an alternative, with those that follow it', () => {
    const ids = plan(defined).nodes.map(({ id }) => id)
    const [one, two] = ids.filter((id) => id.startsWith('either') && id !== 'either')
    expect(of(one!)).toEqual(['either', one!, two!].sort())
    expect(of(two!)).toEqual(['either', two!].sort())
  })
})

/** Tries calls three times. */
const thrice: Plugin = {
  name: 'thrice',
  policy: ({ kind }) => (kind === 'call' ? ({ attempt }) => (attempt < 3 ? { retryAt: 0 } : undefined) : undefined),
}

/** A pipe on a store of its own. */
function lab() {
  const store = memoryStore()
  const pipe = createPipe({ plugins: [durable({ store }), thrice], onError: () => undefined })
  return { store, pipe, runs: runsIn(store) }
}

describe('a fork', () => {
  const calls: string[] = []
  const did = <T>(name: string, value: T): T => (calls.push(name), value)
  const since = () => calls.splice(0)
  const orders = pipeline('orders', { input: type<{ day: string }>() }, (p, input) => {
    const rows = p.step('rows', {
      needs: { input },
      run: ({ input }) => did('rows', [`${input.day}/1`, `${input.day}/2`]),
    })
    const sent = p.map('sent', {
      needs: { rows },
      over: ({ rows }) => rows,
      key: (row) => row,
      run: (row) => did(`sent ${row}`, row),
    })
    return p.step('report', { needs: { sent }, run: ({ sent }) => did('report', sent.length) })
  })

  test('repeats a run from a step on, under an id of its own', async () => {
    const { pipe, runs } = lab()
    await pipe.run(orders, { day: 'mon' }, { id: 'mon' })
    since()
    const fork = { run: 'mon', from: 'report' }
    const result = await pipe.start(orders, { day: 'mon' }, { id: 'mon-2', fork }).result
    expect(result).toMatchObject({
      output: 2,
      steps: { rows: { status: 'restored' }, report: { status: 'succeeded' } },
    })
    expect(since()).toEqual(['report'])
    expect(await runs.get('mon-2')).toMatchObject({ state: 'succeeded', fork: { run: 'mon', from: ['report'] } })
    expect(await runs.get('mon')).toMatchObject({ state: 'succeeded' })
    expect((await runs.steps('mon-2')).map(({ path }) => path)).toEqual([
      'report',
      'rows',
      'sent[mon/1]',
      'sent[mon/2]',
    ])
  })

  test('who asks for it again gets what it ended with', async () => {
    const { pipe } = lab()
    await pipe.run(orders, { day: 'mon' }, { id: 'mon' })
    const fork = { run: 'mon', from: ['sent', 'report'] }
    await pipe.run(orders, { day: 'mon' }, { id: 'mon-2', fork })
    since()
    expect(await pipe.run(orders, { day: 'mon' }, { id: 'mon-2', fork })).toBe(2)
    expect(await pipe.run(orders, { day: 'mon' }, { id: 'mon-2' })).toBe(2)
    expect(since()).toEqual([])
  })

  test('without steps to repeat, goes on with a run that has failed', async () => {
    const { pipe } = lab()
    let isBroken = true
    const defined = pipeline('p', (p) => {
      const a = p.step('a', { run: () => did('a', 1) })
      const b = p.step('b', {
        needs: { a },
        run: ({ a }) => did('b', isBroken ? Promise.reject(new Error('down')) : a + 1),
      })
      return b
    })
    await expect(pipe.run(defined, undefined, { id: 'one' })).rejects.toThrow('down')
    isBroken = false
    since()
    expect(await pipe.run(defined, undefined, { id: 'two', fork: { run: 'one' } })).toBe(2)
    expect(since()).toEqual(['b'])
  })

  test('repeats what was undone, and what comes after it', async () => {
    const { pipe } = lab()
    let isBroken = true
    const defined = pipeline('p', (p) => {
      const before = p.step('before', { run: () => did('before', 1) })
      const book = p.step('book', { needs: { before }, run: () => did('book', 1), undo: () => void did('cancel', 0) })
      const after = p.step('after', { needs: { book }, run: () => did('after', 1) })
      return p.step('end', {
        needs: { after },
        run: () => (isBroken ? Promise.reject(new Error('down')) : did('end', 1)),
      })
    })
    await expect(pipe.run(defined, undefined, { id: 'one' })).rejects.toThrow('down')
    isBroken = false
    expect(since()).toEqual(['before', 'book', 'after', 'cancel'])
    await pipe.run(defined, undefined, { id: 'two', fork: { run: 'one' } })
    expect(since()).toEqual(['book', 'after', 'end'])
  })

  test('takes over what could not be undone, for it is done', async () => {
    const { pipe } = lab()
    let isBroken = true
    const defined = pipeline('p', (p) => {
      const a = p.step('a', { run: () => did('a', 1), undo: () => Promise.reject(new Error('refused')) })
      return p.step('b', { needs: { a }, run: ({ a }) => (isBroken ? Promise.reject(new Error('down')) : did('b', a)) })
    })
    await expect(pipe.run(defined, undefined, { id: 'one' })).rejects.toThrow('down')
    isBroken = false
    since()
    await pipe.run(defined, undefined, { id: 'two', fork: { run: 'one' } })
    expect(since()).toEqual(['b'])
  })

  test('repeats what the definition has changed, and what comes after it', async () => {
    const { pipe } = lab()
    const define = (version: string | undefined, more: boolean) =>
      pipeline('p', (p) => {
        const a = p.step('a', { run: () => did('a', 1) })
        const b = p.step('b', { needs: { a }, ...(version && { version }), run: () => did('b', 1) })
        const c = p.step('c', { needs: { a }, run: () => did('c', 1) })
        const other = p.step(more ? 'new' : 'gone', { needs: { c }, run: () => did(more ? 'new' : 'gone', 1) })
        return { end: p.step('end', { needs: { b, c }, run: () => did('end', 1) }), other }
      })
    await pipe.run(define(undefined, false), undefined, { id: 'one' })
    since()
    await pipe.run(define('2', true), undefined, { id: 'two', fork: { run: 'one' } })
    expect(since().sort()).toEqual(['b', 'end', 'new'])
  })

  test('takes over of a call that was tried again what its last attempt did, as what its first did', async () => {
    const { pipe, runs } = lab()
    let isBroken = true
    let attempts = 0
    const inner = pipeline('inner', (p) => {
      const x = p.step('x', { run: () => did('x', ++attempts) })
      return p.step('y', { needs: { x }, run: ({ x }) => (isBroken ? Promise.reject(new Error('down')) : did('y', x)) })
    })
    const defined = pipeline('p', (p) => p.call('call', inner))
    await expect(pipe.run(defined, undefined, { id: 'one' })).rejects.toThrow('down')
    expect(since()).toEqual(['x', 'x', 'x'])
    isBroken = false
    expect(await pipe.run(defined, undefined, { id: 'two', fork: { run: 'one' } })).toBe(3)
    expect(since()).toEqual(['y'])
    expect((await runs.steps('two')).map(({ path, output }) => [path, output])).toEqual([
      ['call/x', 3],
      ['call/y', 3],
    ])
  })

  test('of a fork is one, too', async () => {
    const { pipe } = lab()
    await pipe.run(orders, { day: 'mon' }, { id: 'one' })
    await pipe.run(orders, { day: 'mon' }, { id: 'two', fork: { run: 'one', from: 'report' } })
    since()
    await pipe.run(orders, { day: 'mon' }, { id: 'three', fork: { run: 'two', from: 'sent' } })
    expect(since()).toEqual(['sent mon/1', 'sent mon/2', 'report'])
  })

  test('begins anew with what it is a fork of, when it is forced', async () => {
    const { pipe } = lab()
    await pipe.run(orders, { day: 'mon' }, { id: 'one' })
    await pipe.run(orders, { day: 'mon' }, { id: 'two' })
    since()
    await pipe.run(orders, { day: 'mon' }, { id: 'two', force: true, fork: { run: 'one', from: 'report' } })
    expect(since()).toEqual(['report'])
  })

  test.each(Array.from({ length: 12 }, (_, i) => i + 1))(
    'is whole, whatever its process dies of: at call %i of the store',
    async (call) => {
      const { store, age } = agingStore()
      const first = startProcess(store)
      await first.pipe.run(orders, { day: 'mon' }, { id: 'one' })
      since()
      const fork = { run: 'one', from: 'report' }
      const dying = startProcess(store, { death: { call, answered: call % 2 === 0 } })
      const run = dying.pipe.run(orders, { day: 'mon' }, { id: 'two', fork })
      await Promise.race([dying.dead, run])
      dying.kill()
      age(60_000)
      // Whoever recovers it does not say that it is a fork, once it is known.
      const again = (await store.get('two')) === undefined ? { fork } : {}
      expect(await startProcess(store).pipe.run(orders, { day: 'mon' }, { id: 'two', ...again })).toBe(2)
      expect(new Set(since())).toEqual(new Set(['report']))
    },
  )
})

describe('a fork is refused, and nothing begins', () => {
  const defined = pipeline('p', { input: type<number>() }, (p, input) =>
    p.step('a', { needs: { input }, run: ({ input }) => input }),
  )
  const other = pipeline('q', { input: type<number>() }, (p, input) =>
    p.step('a', { needs: { input }, run: ({ input }) => input }),
  )

  test.each([
    ['a run that nobody knows', { run: 'none' }, 'RUN_UNKNOWN', 'There is no run "none"'],
    ['a run of another pipeline', { run: 'q' }, 'RUN_CONFLICT', 'is one of pipeline "q"'],
    ['a run with another input', { run: 'p-2' }, 'RUN_CONFLICT', 'has another input'],
    ['a step that there is not', { run: 'p-1', from: 'b' }, 'OPTION_INVALID', 'a step of the plan: a; got'],
    ['itself', { run: 'new' }, 'OPTION_INVALID', 'the id of another run'],
  ])('%s', async (_, fork, code, message) => {
    const { pipe, runs } = lab()
    await pipe.run(other, 1, { id: 'q' })
    await pipe.run(defined, 1, { id: 'p-1' })
    await pipe.run(defined, 2, { id: 'p-2' })
    const error: unknown = await pipe.run(defined, 1, { id: 'new', fork }).catch((error: unknown) => error)
    expect(error).toMatchObject({ code, message: expect.stringContaining(message) as string })
    expect(await runs.get('new')).toBeUndefined()
  })

  test.each([
    ['mon'],
    [{}],
    [{ run: 1 }],
    [{ run: 'a', from: 1 }],
    [{ run: 'a', from: [1] }],
    [{ run: 'a', form: 'b' }],
  ])('what is no fork: %j', async (fork) => {
    const { pipe } = lab()
    const options = { id: 'new', fork } as never
    await expect(pipe.run(defined, 1, options)).rejects.toMatchObject({ code: 'OPTION_INVALID' })
  })

  test('a run that is being executed', async () => {
    const { pipe } = lab()
    const { promise, resolve } = Promise.withResolvers<number>()
    const begun = vi.fn(() => promise)
    const waits = pipeline('w', (p) => p.step('a', { run: begun }))
    const run = pipe.run(waits, undefined, { id: 'one' })
    await vi.waitFor(() => expect(begun).toHaveBeenCalled())
    const forks = pipe.run(waits, undefined, { id: 'two', fork: { run: 'one' } })
    await expect(forks).rejects.toMatchObject({ code: 'RUN_TAKEN' })
    resolve(1)
    expect(await run).toBe(1)
  })

  test('a run that somebody will go on with', async () => {
    const { store, pipe } = lab()
    const { promise, resolve } = Promise.withResolvers<number>()
    const begun = vi.fn(() => promise)
    const waits = pipeline('w', (p) => p.step('a', { run: begun }))
    const { result } = pipe.start(waits, undefined, { id: 'one' })
    await vi.waitFor(() => expect(begun).toHaveBeenCalled())
    const closed = pipe.close({ grace: 0 })
    await turn()
    resolve(1)
    await Promise.all([closed, result])
    const forks = startProcess(store).pipe.run(waits, undefined, { id: 'two', fork: { run: 'one' } })
    await expect(forks).rejects.toMatchObject({ code: 'RUN_TAKEN' })
  })

  test('an id that is known, and is not that fork', async () => {
    const { pipe } = lab()
    await pipe.run(defined, 1, { id: 'one' })
    await pipe.run(defined, 1, { id: 'two' })
    await pipe.run(defined, 1, { id: 'three', fork: { run: 'one' } })
    for (const [id, fork] of [
      ['two', { run: 'one' }],
      ['three', { run: 'two' }],
      ['three', { run: 'one', from: 'a' }],
    ] as const) {
      await expect(pipe.run(defined, 1, { id, fork })).rejects.toMatchObject({ code: 'RUN_CONFLICT' })
    }
  })
})

test('a fork is blocked when the other run was executed before it was taken over', async () => {
  const { store, pipe, runs } = lab()
  const defined = pipeline('p', (p) => p.step('a', { run: () => 1 }))
  await pipe.run(defined, undefined, { id: 'one' })
  const forks = startProcess({
    ...store,
    acquire: async (run, request) => {
      if (run.id === 'two') await pipe.run(defined, undefined, { id: 'one', force: true })
      return await store.acquire(run, request)
    },
  })
  await expect(forks.pipe.run(defined, undefined, { id: 'two', fork: { run: 'one' } })).rejects.toMatchObject({
    code: 'RUN_CONFLICT',
  })
  expect(await runs.get('two')).toMatchObject({ state: 'blocked' })
  // Nothing of it has begun, so that it can be ended.
  await runs.cancel('two')
  await expect(pipe.run(defined, undefined, { id: 'two' })).rejects.toMatchObject({ code: 'CANCELLED' })
  expect(await runs.get('two')).toMatchObject({ state: 'cancelled' })
})
