import type { Entry, StateStore } from '@pipe/state'
import { describe, expect, test } from 'vitest'
import { kinds } from '../support/clients.ts'
import { aRun, lab, request } from '../support/lab.ts'

async function all(store: StateStore, id: string): Promise<Entry[]> {
  const found: Entry[] = []
  for (let after: string | undefined; ;) {
    const { items, next } = await store.entries(id, after)
    found.push(...items)
    if (next === undefined) return found
    after = next
  }
}

describe.each(kinds)('entries, %s', (_, connect) => {
  const { store: open } = lab(connect)
  const taken = async () => {
    const store = await open()
    const { fence, run } = await store.acquire(aRun(), request())
    return { store, id: run.id, fence: fence! }
  }

  test('are written once when they are final, and replaced otherwise', async () => {
    const { store, id, fence } = await taken()
    const commit = (...entries: Entry[]) => store.commit(id, fence, entries)

    expect(await commit({ key: 'a', value: '1', final: true }, { key: 'b', value: '1', final: false })).toBe(true)
    expect(await commit({ key: 'a', value: '2', final: true }, { key: 'b', value: '2', final: false })).toBe(true)
    expect(await commit({ key: 'a', value: '3', final: false }, { key: 'b', value: '3', final: true })).toBe(true)
    expect(await commit({ key: 'b', value: '4', final: true }, { key: 'c', value: '1', final: false })).toBe(true)
    expect(await store.entries(id)).toEqual({
      items: [
        { key: 'a', value: '1', final: true },
        { key: 'b', value: '3', final: true },
        { key: 'c', value: '1', final: false },
      ],
    })
  })

  test('of one commit with the same key are written one after the other', async () => {
    const { store, id, fence } = await taken()
    await store.commit(id, fence, [
      { key: 'a', value: '1', final: false },
      { key: 'a', value: '2', final: true },
      { key: 'a', value: '3', final: true },
    ])
    expect(await store.entries(id)).toEqual({ items: [{ key: 'a', value: '2', final: true }] })
  })

  test('come back byte for byte, as keys, values, data, outcomes, reasons and names do', async () => {
    const strange = [
      '\0',
      '\u0000x',
      '😀 e\u0301',
      '\ud800',
      'a\udfffb',
      '\u0001',
      '\u0001"\\ud800"',
      '',
      ' \r\n',
      '__proto__',
    ]
    const { store, id, fence } = await taken()
    const entries = strange.map((value, i) => ({ key: `${i} ${value.replaceAll('\0', '')}`, value, final: true }))
    await store.commit(id, fence, entries)
    expect(await all(store, id)).toEqual(entries)

    for (const data of strange) {
      const owner = `o${data.replaceAll('\0', '')}`
      const run = aRun({ data, pipeline: owner })
      const { fence } = await store.acquire(run, request({ owner }))
      await store.command(run.id, 'pause', data)
      await store.end(run.id, fence!, 'failed', data)
      expect(await store.get(run.id)).toMatchObject({ ...run, owner, reason: data, outcome: data })
    }
  })

  test('may be as long as the store says', async () => {
    const { store, id, fence } = await taken()
    const value = 'é'.repeat(store.maxValueBytes / 2)
    await store.commit(id, fence, [{ key: 'k'.repeat(2_000), value, final: true }])
    const { items } = await store.entries(id)
    expect(items[0]!.value === value).toBe(true)
    await expect(store.commit(id, fence, [{ key: 'b', value: `${value}!`, final: true }])).rejects.toThrow('bytes')
  })

  test('come in pages, each once, also when others are added and replaced meanwhile', async () => {
    const { store, id, fence } = await taken()
    const entries = Array.from({ length: 1_700 }, (_, i) => ({ key: `k${i}`, value: `v${i}`, final: i % 2 === 0 }))
    await store.commit(id, fence, entries)
    const seen: string[] = []
    for (let after: string | undefined, turn = 0; ; turn++) {
      const { items, next } = await store.entries(id, after)
      expect(items.length).toBeLessThanOrEqual(500)
      seen.push(...items.map(({ key }) => key))
      // Grows the hash, so that it is hashed anew between two pages.
      const more = Array.from({ length: 700 }, (_, i) => ({ key: `more ${turn} ${i}`, value: '', final: true }))
      if (turn < 2) await store.commit(id, fence, [...more, { key: 'k1699', value: 'replaced', final: false }])
      if (next === undefined) break
      after = next
    }
    expect(new Set(seen).size).toBe(seen.length)
    expect(seen.slice(0, 1_700)).toEqual(entries.map(({ key }) => key))
  })

  test('are many bytes or many entries on a page, not both', async () => {
    const { store, id, fence } = await taken()
    const value = 'x'.repeat(600_000)
    await store.commit(
      id,
      fence,
      Array.from({ length: 5 }, (_, i) => ({ key: `k${i}`, value, final: true })),
    )
    const { items, next } = await store.entries(id)
    expect(items).toHaveLength(2)
    expect((await store.entries(id, next)).items.map(({ key }) => key)).toEqual(['k2', 'k3'])
    expect(await all(store, id)).toHaveLength(5)
  })

  test('of 10,000 steps are recorded at once, and read in order', async () => {
    const { store, id, fence } = await taken()
    const entries = Array.from({ length: 10_000 }, (_, i) => ({ key: `step ${i}`, value: `${i}`, final: true }))
    expect(await store.commit(id, fence, entries)).toBe(true)
    expect(await all(store, id)).toEqual(entries)
  })

  test('refuse to begin where no page ended', async () => {
    const { store, id } = await taken()
    for (const after of ['', 'x', '-1', '1e3', '99999999999999999'])
      await expect(store.entries(id, after)).rejects.toMatchObject({ code: 'OPTION_INVALID' })
    expect(await store.entries(id, '0')).toEqual({ items: [] })
    expect(await store.entries('nobody')).toEqual({ items: [] })
  })
})
