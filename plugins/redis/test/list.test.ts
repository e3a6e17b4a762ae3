import type { RunFilter, StateStore, StoredRun } from '@pipe/state'
import { describe, expect, test } from 'vitest'
import { redisStore } from '../src/index.ts'
import { type Connect, kinds } from './support/clients.ts'
import { aRun, expire, lab, request } from './support/lab.ts'

const ids = (runs: readonly StoredRun[]) => runs.map(({ id }) => id)

/** A store that knows nothing yet, whatever other tests of the file left. */
function fresh(connect: Connect) {
  const { store, client, prefix } = lab(connect)
  let stores = 0
  return async () => {
    const own = `${prefix}:${++stores}`
    return { store: await store({ prefix: own }), client: client(), prefix: own }
  }
}

async function create(store: StateStore, count: number, pipeline = 'orders') {
  const runs = []
  for (let i = 0; i < count; i++) runs.push(await store.acquire(aRun({ pipeline }), request()))
  return runs.map(({ run }) => run)
}

describe.each(kinds)('list, %s', (_, connect) => {
  const open = fresh(connect)

  test('has the last that was created first, in pages', async () => {
    const { store } = await open()
    const created = ids(await create(store, 7)).reverse()
    expect(ids((await store.list({}, 1_000)).items)).toEqual(created)

    const first = await store.list({}, 3)
    await create(store, 2) // those that are created while pages are turned come first, and so on none of them
    const second = await store.list({}, 3, first.next)
    const third = await store.list({}, 3, second.next)
    expect([first, second, third].map(({ items }) => ids(items))).toEqual([
      created.slice(0, 3),
      created.slice(3, 6),
      created.slice(6),
    ])
    expect(third).not.toHaveProperty('next')
  })

  test('says that nothing follows when nothing does', async () => {
    const { store } = await open()
    await create(store, 3)
    const page = await store.list({}, 3)
    expect(page.items).toHaveLength(3)
    expect(page).not.toHaveProperty('next')
    expect(await store.list({ pipeline: 'none' }, 3)).toEqual({ items: [] })
  })

  test('goes on where a page ended although that run is gone', async () => {
    const { store } = await open()
    const runs = await create(store, 3)
    const { next } = await store.list({}, 2)
    await store.end(runs[1]!.id, runs[1]!.fence, 'failed', '')
    await store.purge(['failed'], Number.MAX_SAFE_INTEGER, 10)
    expect(ids((await store.list({}, 2, next)).items)).toEqual([runs[0]!.id])
  })

  test('finds runs by pipeline, status and time', async () => {
    const { store } = await open()
    const [a, b] = await create(store, 2, 'first')
    const [c, d] = await create(store, 2, 'se\ud800cond')
    await store.end(a!.id, a!.fence, 'succeeded', '')
    await store.release(b!.id, b!.fence, 'blocked', '')
    const find = async (filter: RunFilter) => ids((await store.list(filter, 10)).items)

    expect(await find({ pipeline: 'se\ud800cond' })).toEqual([d!.id, c!.id])
    expect(await find({ states: ['blocked', 'succeeded'] })).toEqual([b!.id, a!.id])
    expect(await find({ states: ['running'], pipeline: 'first' })).toEqual([])
    expect(await find({ states: [] })).toEqual([])
    expect(await find({ since: d!.createdAt + 1 })).toEqual([])
    expect(await find({ until: a!.createdAt })).toEqual([])
    expect(await find({ since: a!.createdAt - 0.5, until: d!.createdAt + 0.5 })).toEqual(ids([d!, c!, b!, a!]))
    expect(await find({ since: -Number.MAX_VALUE, until: Number.MAX_VALUE })).toHaveLength(4)
  })

  test('finds those whose lease has run out, and the others', async () => {
    const { store, client, prefix } = await open()
    const [a, b, c] = await create(store, 3)
    await store.end(a!.id, a!.fence, 'succeeded', '')
    await expire(client, prefix, b!.id)
    expect(ids((await store.list({ states: ['stalled'] }, 10)).items)).toEqual([b!.id])
    expect(ids((await store.list({ states: ['running', 'succeeded'] }, 10)).items)).toEqual([c!.id, a!.id])
    expect(ids((await store.list({ states: ['running', 'stalled'] }, 10)).items)).toEqual([c!.id, b!.id])
  })

  test('finds few among many', async () => {
    const { store } = await open()
    const runs = await create(store, 350)
    for (const at of [0, 120, 349]) await store.end(runs[at]!.id, runs[at]!.fence, 'failed', '')
    const first = await store.list({ states: ['failed'] }, 2)
    expect(ids(first.items)).toEqual([runs[349]!.id, runs[120]!.id])
    expect(await store.list({ states: ['failed'] }, 2, first.next)).toEqual({ items: [await store.get(runs[0]!.id)] })
  })

  test('asks nothing of runs that have ended to find those that live', async () => {
    const { store, client, prefix } = await open()
    for (const { id, fence } of await create(store, 20)) await store.end(id, fence, 'succeeded', '')
    const [run] = await create(store, 1)
    expect(ids((await store.list({ states: ['running'] }, 10)).items)).toEqual([run!.id])
    expect(await client.send('ZCARD', `${prefix}:{index}:live`)).toBe(1)
  })

  test('asks nothing of runs of other pipelines', async () => {
    const { store, client, prefix } = await open()
    await create(store, 150, 'other')
    const [run] = await create(store, 1, 'mine')
    let scripts = 0
    const counting = redisStore({
      client: {
        call: (command, args) => {
          if (command.startsWith('EVAL')) scripts++
          return client.send(command, ...args)
        },
        duplicate: () => expect.unreachable(),
      },
      prefix,
      onWarning: () => undefined,
    })
    await counting.open()
    for (const filter of [{ states: ['running', 'succeeded'] }, { states: ['running'] }, {}] as const)
      expect(ids((await counting.list({ pipeline: 'mine', ...filter }, 10)).items)).toEqual([run!.id])
    await counting.close()
    expect(scripts).toBeLessThan(10)
  })

  test('refuses to begin where no page ended', async () => {
    const { store } = await open()
    for (const after of ['', '7', '-', '(1795265117491415'])
      await expect(store.list({}, 10, after)).rejects.toMatchObject({ code: 'OPTION_INVALID' })
  })
})
