import { DatabaseSync } from 'node:sqlite'
import { describe, expect, test } from 'vitest'
import type { Entry, StateStore } from '../../src/index.ts'
import { newFile, openStore } from './folder.ts'
import { startWorker } from './worker.ts'

const start = (count: number, args: (index: number) => readonly string[]) =>
  Array.from({ length: count }, (_, index) => startWorker(args(index)))

async function allEntries(store: StateStore, id: string): Promise<Entry[]> {
  const all: Entry[] = []
  for (let after: string | undefined; ;) {
    const { items, next } = await store.entries(id, after)
    all.push(...items)
    if (next === undefined) return all
    after = next
  }
}

describe('several processes on one file', () => {
  test('six that open a new file at once all find the tables', async () => {
    const file = newFile()
    const workers = start(6, () => ['open', file])
    await Promise.all(workers.map(({ ended }) => ended))
    expect(workers.map(({ lines }) => lines)).toEqual(Array.from({ length: 6 }, () => ['opened']))
  })

  test('of six that want a run one gets it', async () => {
    const file = newFile()
    const workers = start(6, () => ['acquire', file])
    await Promise.all(workers.map(({ ended }) => ended))
    const answers = workers.flatMap(({ lines }) => lines)
    expect(answers.toSorted()).toEqual([expect.stringMatching(/^\d+$/), ...Array<string>(5).fill('null')])
  })

  test('no commit of four is lost', async () => {
    const file = newFile()
    const workers = start(4, (index) => ['commit', file, `run-${index}`, '300'])
    await Promise.all(workers.map(({ ended }) => ended))
    const store = await openStore({ file })
    for (const [index, { lines }] of workers.entries()) {
      expect(lines).toHaveLength(300)
      expect(await allEntries(store, `run-${index}`)).toHaveLength(600)
    }
  })

  test('what was confirmed is there after kill -9, no commit by half, and the file is sound', async () => {
    const file = newFile()
    const workers = start(3, (index) => ['commit', file, `run-${index}`, '1000000'])
    for (const [index, worker] of workers.entries()) {
      await worker.printed(50 * (index + 1))
      worker.process.kill('SIGKILL')
      await worker.ended
    }
    const store = await openStore({ file })
    for (const [index, { lines }] of workers.entries()) {
      const entries = await allEntries(store, `run-${index}`)
      const recorded = new Map(entries.map(({ key, value }) => [key, value]))
      for (const step of lines)
        for (const part of ['a', 'b']) expect(recorded.get(`${step}/${part}`)).toBe(step.repeat(100))
      // The last commits may have been kept with nobody there to be told; each with both of its entries.
      const steps = new Set([...recorded.keys()].map((key) => key.split('/')[0]!))
      expect(entries).toHaveLength(2 * steps.size)
      expect(steps.size).toBeGreaterThanOrEqual(lines.length)
    }
    const db = new DatabaseSync(file)
    expect(db.prepare('PRAGMA integrity_check').all()).toEqual([{ integrity_check: 'ok' }])
    db.close()
  })
})
