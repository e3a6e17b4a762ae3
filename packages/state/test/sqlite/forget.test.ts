import { DatabaseSync } from 'node:sqlite'
import { describe, expect, test } from 'vitest'
import type { StateStore } from '../../src/index.ts'
import { newFile, openStore } from './folder.ts'

const request = { owner: 'a', leaseMs: 60_000, maxCrashes: 0 }
const entries = Array.from({ length: 1_000 }, (_, index) => ({ key: `${index}`, value: 'v', final: true }))

/** A run that has ended, with 1,000 entries. */
async function ended(store: StateStore, id: string): Promise<void> {
  const { fence } = await store.acquire({ id, pipeline: 'p', data: '' }, request)
  await store.commit(id, fence!, entries)
  await store.end(id, fence!, 'succeeded', '')
}

/** A file, and how many rows each table has. */
function tables() {
  const file = newFile()
  const rows = () => {
    const db = new DatabaseSync(file)
    const count = (table: string) => Number(db.prepare(`SELECT count(*) AS rows FROM ${table}`).get()?.['rows'])
    const counted = {
      runs: count('pipe_runs'),
      data: count('pipe_data'),
      entries: count('pipe_entries'),
      trash: count('pipe_trash'),
    }
    db.close()
    return counted
  }
  return { file, rows }
}

describe('what is forgotten', () => {
  test('by a purge leaves nothing behind', async () => {
    const { file, rows } = tables()
    const store = await openStore({ file })
    for (const id of ['a', 'b', 'c']) await ended(store, id)
    expect(await store.purge(['succeeded'], Date.now() + 1, 2)).toBe(2)
    expect(rows()).toEqual({ runs: 1, data: 1, entries: 1_000, trash: 0 })
  })

  test('by its id leaves nothing behind, and others as they are', async () => {
    const { file, rows } = tables()
    const store = await openStore({ file })
    for (const id of ['a', 'b']) await ended(store, id)
    for (let times = 0; times < 2; times++) expect(await store.delete('a')).toBeUndefined()
    expect(rows()).toEqual({ runs: 1, data: 1, entries: 1_000, trash: 0 })
  })

  test('since the run begins anew leaves nothing behind', async () => {
    const { file, rows } = tables()
    const store = await openStore({ file })
    await ended(store, 'a')
    await store.acquire({ id: 'a', pipeline: 'p', data: '' }, { ...request, anew: true })
    expect(rows()).toEqual({ runs: 1, data: 1, entries: 0, trash: 0 })
  })

  test('lets others write in between, and is out of sight from the first moment', async () => {
    const { file, rows } = tables()
    const store = await openStore({ file })
    await ended(store, 'a')
    const order: string[] = []
    const purged = store.purge(['succeeded'], Date.now() + 1, 1).then(() => order.push('purged'))
    const other = store.acquire({ id: 'b', pipeline: 'p', data: '' }, request).then(() => {
      order.push('taken')
      expect(rows()).toMatchObject({ runs: 1, data: 1, trash: 1 })
    })
    await Promise.all([purged, other])
    expect(order).toEqual(['taken', 'purged'])
  })

  test('leaves the process turns for its other work', async () => {
    const store = await openStore()
    await ended(store, 'a')
    let turns = 0
    const turn = () => {
      turns++
      next = setImmediate(turn)
    }
    let next = setImmediate(turn)
    await store.purge(['succeeded'], Date.now() + 1, 1)
    clearImmediate(next)
    expect(turns).toBeGreaterThan(3)
  })

  test('and was still there when the store was closed goes with the next purge', async () => {
    const { file, rows } = tables()
    const store = await openStore({ file })
    await ended(store, 'a')
    const purged = store.purge(['succeeded'], Date.now() + 1, 1)
    await store.close()
    expect(await purged).toBe(1)
    expect(rows()).toMatchObject({ runs: 0, trash: 1 })
    const again = await openStore({ file })
    expect(await again.entries('a')).toEqual({ items: [] })
    expect(await again.purge(['succeeded'], Date.now() + 1, 1)).toBe(0)
    expect(rows()).toEqual({ runs: 0, data: 0, entries: 0, trash: 0 })
  })
})
