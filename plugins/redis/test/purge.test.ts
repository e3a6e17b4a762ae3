import type { EndStatus, StateStore } from '@pipe/state'
import { describe, expect, test } from 'vitest'
import { kinds } from './support/clients.ts'
import { aRun, keysWith, lab, request } from './support/lab.ts'

async function ended(store: StateStore, as: EndStatus): Promise<string> {
  const { run, fence } = await store.acquire(aRun(), request())
  await store.commit(run.id, fence!, [{ key: 'a', value: '1', final: true }])
  await store.end(run.id, fence!, as, '')
  return run.id
}
const forever = Number.MAX_SAFE_INTEGER

describe.each(kinds)('purge, %s', (_, connect) => {
  const { store: open, client, prefix } = lab(connect)

  test('leaves nothing of a run', async () => {
    const store = await open({ prefix: `${prefix}:a` })
    for (const as of ['succeeded', 'failed', 'cancelled'] as const) await ended(store, as)
    expect(await store.purge(['succeeded', 'failed', 'cancelled'], forever, 10)).toBe(3)
    await store.close()
    // That somebody has looked for lost runs is forgotten by itself.
    const swept = `${prefix}:a:{index}:swept`
    expect((await keysWith(client().send, `${prefix}:a`)).filter((key) => key !== swept)).toEqual([])
    expect(await client().send('PTTL', swept)).toBeGreaterThan(0)
  })

  test('forgets those that ended first, and only what it is told to', async () => {
    const store = await open({ prefix: `${prefix}:b` })
    const ids = []
    for (const as of ['failed', 'succeeded', 'succeeded', 'cancelled', 'succeeded'] as const)
      ids.push(await ended(store, as))
    const { run } = await store.acquire(aRun(), request())
    const left = async () => (await store.list({}, 10)).items.map(({ id }) => id).reverse()

    expect(await store.purge(['succeeded'], forever, 2)).toBe(2)
    expect(await left()).toEqual([ids[0], ids[3], ids[4], run.id])
    expect(await store.purge([], forever, 10)).toBe(0)
    const { endedAt = 0 } = (await store.get(ids[0]!))!
    expect(await store.purge(['failed'], endedAt, 10)).toBe(0)
    expect(await store.purge(['failed'], endedAt + 0.5, 10)).toBe(1)
    expect(await store.purge(['cancelled', 'succeeded', 'failed'], forever, 1_000)).toBe(2)
    expect(await left()).toEqual([run.id])
  })

  test('goes through many, also when most are to stay', async () => {
    const store = await open({ prefix: `${prefix}:c` })
    for (let i = 0; i < 250; i++) await ended(store, i % 5 === 0 ? 'failed' : 'succeeded')
    expect(await store.purge(['failed'], forever, 1_000)).toBe(50)
    expect(await store.purge(['succeeded'], forever, 150)).toBe(150)
    expect(await store.purge(['succeeded'], forever, 150)).toBe(50)
  })

  test('and another one at the same time count each run once', async () => {
    const stores = await Promise.all(kinds.map(([, by]) => open({ prefix: `${prefix}:d` }, by)))
    for (let i = 0; i < 40; i++) await ended(stores[0]!, 'failed')
    const counts = await Promise.all(stores.map((store) => store.purge(['failed'], forever, 40)))
    expect(counts.reduce((sum, count) => sum + count)).toBe(40)
  })

  test('leaves a run that began anew since', async () => {
    const store = await open({ prefix: `${prefix}:e` })
    const id = await ended(store, 'failed')
    const { run } = await store.acquire(aRun({ id }), request({ anew: true }))
    expect(await store.purge(['failed'], forever, 10)).toBe(0)
    expect(await store.get(id)).toEqual(run)
    await store.end(id, run.fence, 'failed', 'again')
    expect(await store.purge(['failed'], forever, 10)).toBe(1)
  })
})

describe.each(kinds)('delete, %s', (_, connect) => {
  const { store: open, client, prefix } = lab(connect)

  test('leaves nothing of a run, and nothing of it in the index', async () => {
    const own = `${prefix}:a`
    const store = await open({ prefix: own })
    for (const as of ['succeeded', 'failed', 'cancelled'] as const) {
      const id = await ended(store, as)
      for (let times = 0; times < 2; times++) expect(await store.delete(id)).toBeUndefined()
    }
    await store.close()
    const keys = await keysWith(client().send, own)
    expect(keys.filter((key) => key !== `${own}:{index}:swept`)).toEqual([])
  })

  test('leaves a run that has not ended, and answers with it', async () => {
    const store = await open({ prefix: `${prefix}:b` })
    const { run, fence } = await store.acquire(aRun(), request())
    await store.commit(run.id, fence!, [{ key: 'a', value: '1', final: true }])
    const before = await store.get(run.id)
    expect(await store.delete(run.id)).toEqual(before)
    expect(await store.get(run.id)).toEqual(before)
    expect((await store.entries(run.id)).items).toHaveLength(1)
    expect((await store.list({ states: ['running'] }, 10)).items).toEqual([before])
  })

  test('and a purge at the same time forget it once, whatever of the index is left', async () => {
    const own = `${prefix}:c`
    const store = await open({ prefix: own })
    const ids = []
    for (let i = 0; i < 20; i++) ids.push(await ended(store, 'failed'))
    await Promise.all([...ids.map((id) => store.delete(id)), store.purge(['failed'], forever, 20)])
    expect(await store.list({}, 10)).toEqual({ items: [] })
    expect(await store.purge(['failed'], forever, 20)).toBe(0)
  })
})
