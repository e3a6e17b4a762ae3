import { DatabaseSync } from 'node:sqlite'
import { systemClock } from '@pipe/core'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import type { Entry, LeaseRequest, NewRun, StateStore, StoredRun } from '../src/index.ts'
import { newFile, openStore } from './sqlite/folder.ts'

const run: NewRun = { id: 'run-1', pipeline: 'bill', data: '{"input":1}' }
const request: LeaseRequest = { owner: 'a', leaseMs: 1_000, maxCrashes: 1 }
const final = (key: string, value = 'v'): Entry => ({ key, value, final: true })

let time: number
let file: string
let store: StateStore
beforeEach(async () => {
  time = 1_000_000
  file = newFile()
  store = await openStore({ file, clock: { ...systemClock, now: () => time } })
})

/** The token of the run, taken. */
const taken = async (id = run.id, asked: Partial<LeaseRequest> = {}): Promise<number> =>
  (await store.acquire({ ...run, id }, { ...request, ...asked })).fence!

/** A run that has ended at the time it is. */
const ended = async (id: string, as: 'succeeded' | 'failed' = 'succeeded') => {
  await store.end(id, await taken(id), as, 'done')
}

describe('a run', () => {
  test('is created when it is first taken', async () => {
    const acquired = await store.acquire(run, request)
    const expected: StoredRun = {
      ...run,
      status: 'running',
      command: 'run',
      owner: 'a',
      fence: time * 1_000,
      leaseUntil: time + 1_000,
      crashes: 0,
      createdAt: time,
      updatedAt: time,
    }
    expect(acquired).toStrictEqual({ fence: time * 1_000, created: true, run: expected })
    expect(await store.get(run.id)).toStrictEqual(expected)
    expect(await store.get('other')).toBeUndefined()
  })

  test('is there when the file is opened again', async () => {
    const fence = await taken()
    await store.commit(run.id, fence, [final('step')])
    const before = await store.get(run.id)
    await store.close()
    const again = await openStore({ file })
    expect(await again.get(run.id)).toStrictEqual(before)
    expect(await again.entries(run.id)).toStrictEqual({ items: [final('step')] })
  })

  test('gives back every string as it was', async () => {
    const odd = 'a\0b\ud800\u0001😀'
    const name = '\ud800\u0001😀'
    const fence = (await store.acquire({ id: 'odd', pipeline: name, data: odd }, { ...request, owner: name })).fence!
    await store.command('odd', 'run', odd)
    await store.commit('odd', fence, [{ key: name, value: odd, final: false }])
    expect((await store.entries('odd')).items).toEqual([{ key: name, value: odd, final: false }])
    expect((await store.list({ pipeline: name }, 10)).items).toHaveLength(1)
    await store.end('odd', fence, 'failed', odd)
    const expected = { pipeline: name, data: odd, owner: name, reason: odd, outcome: odd }
    expect(await store.get('odd')).toMatchObject(expected)
  })

  test('keeps values of 4 MiB', async () => {
    const value = '€'.repeat(Math.floor(store.maxValueBytes / 3))
    const { fence } = await store.acquire({ ...run, data: value }, request)
    await store.commit(run.id, fence!, [final('large', value)])
    expect((await store.entries(run.id)).items[0]?.value === value).toBe(true)
    expect((await store.get(run.id))?.data === value).toBe(true)
  })

  test('is as it was at the moment of the call, whatever is done to the arguments', async () => {
    const mine = { ...run }
    const acquiring = store.acquire(mine, request)
    mine.data = 'changed'
    const { fence } = await acquiring
    const entries = [final('a')]
    const committing = store.commit(run.id, fence!, entries)
    entries.push(final('b'))
    await committing
    expect((await store.get(run.id))?.data).toBe(run.data)
    expect((await store.entries(run.id)).items).toEqual([final('a')])
  })
})

describe('a lease', () => {
  test('keeps others out, and is found again by its owner', async () => {
    const fence = await taken()
    expect(await store.acquire(run, { ...request, owner: 'b' })).toMatchObject({ fence: null, created: false })
    expect(await store.acquire(run, { ...request, anew: true })).toMatchObject({ fence, created: false })
  })

  test('that has run out is good until somebody else takes the run, which counts as a crash', async () => {
    const fence = await taken()
    time += 1_000
    expect(await store.commit(run.id, fence, [final('late')])).toBe(true)
    const second = await store.acquire(run, { ...request, owner: 'b' })
    expect(second).toMatchObject({ created: false, run: { crashes: 1, owner: 'b' } })
    expect(second.fence).toBeGreaterThan(fence)
    expect(await store.commit(run.id, fence, [final('too late')])).toBe(false)
    expect(await store.renew(run.id, fence, 1_000)).toBeNull()
    expect(await store.end(run.id, fence, 'failed', '')).toBe(false)
    expect((await store.entries(run.id)).items).toEqual([final('late')])
  })

  test('that runs out once too often makes the run dead, until it is revived', async () => {
    const fence = await taken(run.id, { maxCrashes: 0 })
    time += 1_000
    const dead = { fence: null, created: false, run: { status: 'dead', crashes: 1, leaseUntil: 0 } }
    expect(await store.acquire(run, { ...request, maxCrashes: 0 })).toMatchObject(dead)
    expect(await store.acquire(run, request)).toMatchObject(dead)
    expect(await store.commit(run.id, fence, [])).toBe(false)
    expect(await store.revive(run.id)).toMatchObject({ status: 'waiting', crashes: 0 })
    expect(await taken()).toBeGreaterThan(fence)
    expect(await store.revive('unknown')).toBeUndefined()
  })

  test('is extended from now on, which is no change of the run', async () => {
    const fence = await taken()
    time += 900
    expect(await store.renew(run.id, fence, 2_000)).toStrictEqual({ command: 'run' })
    expect(await store.get(run.id)).toMatchObject({ leaseUntil: time + 2_000, updatedAt: time - 900 })
  })

  test('may be as long as numbers go', async () => {
    const fence = await taken(run.id, { leaseMs: Number.MAX_SAFE_INTEGER })
    expect(await store.renew(run.id, fence, Number.MAX_SAFE_INTEGER)).toEqual({ command: 'run' })
    expect(await store.get(run.id)).toMatchObject({ leaseUntil: Number.MAX_SAFE_INTEGER })
  })

  test('is handed back with a reason or without, once or twice', async () => {
    const fence = await taken()
    expect(await store.release(run.id, fence, 'blocked', 'why')).toBe(true)
    expect(await store.release(run.id, fence, 'blocked', 'why')).toBe(true)
    expect(await store.release(run.id, fence, 'waiting')).toBe(false)
    expect(await store.get(run.id)).toMatchObject({ status: 'blocked', outcome: 'why', leaseUntil: 0, crashes: 0 })
    const { run: again } = await store.acquire(run, request)
    expect(again).not.toHaveProperty('outcome')
    expect(again).toMatchObject({ status: 'running', crashes: 0 })
  })

  test('ends with the run, once and for all', async () => {
    const fence = await taken()
    time += 5
    expect(await store.end(run.id, fence, 'failed', 'boom')).toBe(true)
    expect(await store.end(run.id, fence, 'failed', 'boom')).toBe(true)
    expect(await store.end(run.id, fence, 'succeeded', 'fine')).toBe(false)
    expect(await store.commit(run.id, fence, [final('x')])).toBe(false)
    expect(await store.acquire(run, request)).toMatchObject({ fence: null, run: { status: 'failed' } })
    expect(await store.get(run.id)).toMatchObject({ outcome: 'boom', endedAt: time, updatedAt: time, leaseUntil: 0 })
  })

  test('has a token above all before, also when the run begins anew or was forgotten', async () => {
    const first = await taken()
    await store.commit(run.id, first, [final('old')])
    await store.end(run.id, first, 'succeeded', '')
    time += 1
    const anew = await store.acquire({ ...run, data: 'new' }, { ...request, anew: true })
    expect(anew).toMatchObject({ created: true, run: { data: 'new', createdAt: time, status: 'running' } })
    expect(anew.fence).toBeGreaterThan(first)
    expect((await store.entries(run.id)).items).toEqual([])
    await store.end(run.id, anew.fence!, 'succeeded', '')
    await store.purge(['succeeded'], time + 1, 10)
    expect(await taken()).toBeGreaterThan(anew.fence!)
  })

  test('has a token above all before, also when the file is an older copy of itself', async () => {
    const copy = newFile()
    const before = new DatabaseSync(file)
    await taken()
    before.exec(`VACUUM INTO '${copy}'`)
    before.close()
    let last = 0
    for (let i = 0; i < 5; i++) {
      time += 1_001 // the lease runs out
      last = await taken(run.id, { maxCrashes: 9, owner: `owner-${i}` })
    }
    time += 1
    const restored = await openStore({ file: copy, clock: { ...systemClock, now: () => time } })
    expect((await restored.acquire(run, request)).fence).toBeGreaterThan(last)
  })
})

describe('entries', () => {
  test('are written once when they are final, and replaced when they are not', async () => {
    const fence = await taken()
    time += 3
    await store.commit(run.id, fence, [final('a', '1'), final('a', '2'), { key: 'b', value: '1', final: false }])
    await store.commit(run.id, fence, [final('a', '3'), final('b', '2')])
    await store.commit(run.id, fence, [{ key: 'b', value: '3', final: false }])
    expect((await store.entries(run.id)).items).toEqual([final('a', '1'), final('b', '2')])
    expect((await store.get(run.id))?.updatedAt).toBe(time)
  })

  test('come in pages, each once, and long ones in shorter pages', async () => {
    const fence = await taken()
    const keys = Array.from({ length: 2_500 }, (_, index) => `item/${index}`)
    await store.commit(
      run.id,
      fence,
      keys.map((key) => final(key)),
    )
    const long = 'x'.repeat(3 * 1024 * 1024)
    await store.commit(
      run.id,
      fence,
      ['1', '2', '3'].map((key) => final(`long/${key}`, long)),
    )
    const pages: string[][] = []
    for (let after: string | undefined; ;) {
      const { items, next } = await store.entries(run.id, after)
      pages.push(items.map(({ key }) => key))
      if (next === undefined) break
      after = next
    }
    expect(pages.flat().toSorted()).toEqual([...keys, 'long/1', 'long/2', 'long/3'].toSorted())
    expect(pages.map(({ length }) => length)).toEqual([1_000, 1_000, 502, 1])
  })

  test('do not begin where no page ended', async () => {
    for (const after of ['', 'x', '1'])
      await expect(store.entries(run.id, after)).rejects.toMatchObject({ code: 'OPTION_INVALID' })
  })

  test('of a run that is unknown are none', async () => {
    expect(await store.entries('unknown')).toStrictEqual({ items: [] })
  })
})

describe('a command', () => {
  test('is in the answer to the next renewal', async () => {
    const fence = await taken()
    time += 1
    expect(await store.command(run.id, 'pause', 'lunch')).toMatchObject({
      command: 'pause',
      reason: 'lunch',
      updatedAt: time,
    })
    expect(await store.renew(run.id, fence, 1_000)).toStrictEqual({ command: 'pause', reason: 'lunch' })
    expect(await store.command(run.id, 'run')).not.toHaveProperty('reason')
  })

  test('to pause keeps a run from being taken; one to cancel stays', async () => {
    await store.release(run.id, await taken(), 'waiting')
    await store.command(run.id, 'pause')
    expect(await store.acquire(run, request)).toMatchObject({ fence: null, run: { command: 'pause' } })
    await store.command(run.id, 'cancel', 'enough')
    expect(await store.command(run.id, 'run')).toMatchObject({ command: 'cancel', reason: 'enough' })
    expect(await taken()).toBeGreaterThan(0)
  })

  test('changes nothing once the run has ended, nor what is unknown', async () => {
    await ended(run.id)
    expect(await store.command(run.id, 'cancel')).toMatchObject({ command: 'run', status: 'succeeded' })
    expect(await store.command('unknown', 'cancel')).toBeUndefined()
  })

  test('is told to who watches the same store', async () => {
    const heard = vi.fn()
    const stop = store.watch!(heard)
    await taken()
    await store.command(run.id, 'pause')
    await vi.waitFor(() => expect(heard).toHaveBeenCalledExactlyOnceWith(run.id))
    stop()
    await store.command(run.id, 'run')
    await store.now()
    expect(heard).toHaveBeenCalledTimes(1)
  })
})

describe('lists', () => {
  const ids = async (...args: Parameters<StateStore['list']>) => (await store.list(...args)).items.map(({ id }) => id)

  beforeEach(async () => {
    await taken('a', { leaseMs: 100 })
    time += 1
    await store.release('b', await taken('b'), 'blocked', 'why')
    await store.acquire({ id: 'c', pipeline: 'ship', data: '' }, request)
    time += 1
    await ended('d', 'failed')
  })

  test('begin with what was created last, also within a millisecond', async () => {
    expect(await ids({}, 10)).toEqual(['d', 'c', 'b', 'a'])
    expect((await store.list({}, 10)).items[3]).toStrictEqual(await store.get('a'))
  })

  test.each([
    [{ pipeline: 'bill' }, ['d', 'b', 'a']],
    [{ pipeline: 'none' }, []],
    [{ states: ['running', 'stalled'] }, ['c', 'a']],
    [{ states: ['blocked', 'failed', 'blocked'] }, ['d', 'b']],
    [{ states: [] }, []],
    [{ states: ['running'], pipeline: 'ship' }, ['c']],
    [{ states: ['running'] }, ['c']],
    [{ states: ['stalled'] }, ['a']],
    [{ states: ['stalled', 'stalled'], pipeline: 'ship' }, []],
    [{ states: ['stalled', 'failed'] }, ['d', 'a']],
    [{ states: ['paused', 'cancelling'] }, []],
    [{ since: 1_000_001 }, ['d', 'c', 'b']],
    [{ until: 1_000_001 }, ['a']],
    [{ since: 1_000_001, until: 1_000_002 }, ['c', 'b']],
  ] as const)('of %o', async (filter, expected) => {
    time += 100
    expect(await ids(filter, 10)).toEqual(expected)
  })

  test('go on after the last page, whatever was created since', async () => {
    const first = await store.list({ until: 2_000_000 }, 2)
    expect(first.items.map(({ id }) => id)).toEqual(['d', 'c'])
    await taken('e')
    const second = await store.list({ until: 2_000_000 }, 2, first.next)
    expect(second.items.map(({ id }) => id)).toEqual(['b', 'a'])
    expect(second).not.toHaveProperty('next')
  })

  test('do not begin where no page ended', async () => {
    for (const after of ['', 'x', '1', '1/', '1/2/3'])
      await expect(store.list({}, 10, after)).rejects.toMatchObject({ code: 'OPTION_INVALID' })
  })

  test('have shorter pages when runs are long', async () => {
    for (const id of ['x', 'y', 'z']) await store.acquire({ ...run, id, data: 'x'.repeat(3 * 1024 * 1024) }, request)
    const { items, next } = await store.list({}, 10)
    expect(items.map(({ id }) => id)).toEqual(['z', 'y'])
    expect(await ids({}, 10, next)).toEqual(['x', 'd', 'c', 'b', 'a'])
  })
})

describe('a purge', () => {
  test('forgets so many of those that have ended, the first ones first', async () => {
    for (const id of ['a', 'b', 'c']) {
      await ended(id)
      time += 1
    }
    await ended('failed', 'failed')
    await taken('running')
    expect(await store.purge([], time + 1, 10)).toBe(0)
    expect(await store.purge(['succeeded'], time - 3, 10)).toBe(0)
    expect(await store.purge(['succeeded', 'succeeded'], time + 1, 2)).toBe(2)
    expect((await store.list({}, 10)).items.map(({ id }) => id)).toEqual(['running', 'failed', 'c'])
    expect(await store.purge(['failed', 'succeeded', 'cancelled'], time + 1, 10)).toBe(2)
    expect((await store.list({}, 10)).items.map(({ id }) => id)).toEqual(['running'])
  })
})
