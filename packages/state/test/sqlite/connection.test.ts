import { rmSync, statSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { StateStore } from '../../src/index.ts'
import { has, newFile, openStore } from './folder.ts'
import { startWorker } from './worker.ts'

const request = { owner: 'a', leaseMs: 60_000, maxCrashes: 0 }
const take = async (store: StateStore, id = 'run') =>
  (await store.acquire({ id, pipeline: 'p', data: '' }, request)).fence!
const entry = (key: string) => ({ key, value: 'v', final: true })

/** Another connection that has begun to write. */
function lock(file: string): DatabaseSync {
  const db = new DatabaseSync(file)
  onTestFinished(() => db.close())
  db.exec('BEGIN IMMEDIATE')
  return db
}

describe('calls of one turn', () => {
  test('share a transaction, and each gets its own answer', async () => {
    const file = newFile()
    const store = await openStore({ file })
    const fence = await take(store)
    const pagesOf = async (work: () => Promise<unknown>) => {
      const before = statSync(`${file}-wal`).size
      await work()
      return (statSync(`${file}-wal`).size - before) / 4_096
    }
    const keys = Array.from({ length: 100 }, (_, index) => `${index}`)
    const together = await pagesOf(async () => {
      const answers = keys.map((key, index) => store.commit('run', fence + (index % 2), [entry(`together/${key}`)]))
      expect(await Promise.all(answers)).toEqual(keys.map((_, index) => index % 2 === 0))
    })
    const apart = await pagesOf(async () => {
      for (const key of keys) await store.commit('run', fence, [entry(`apart/${key}`)])
    })
    expect(together).toBeLessThan(apart / 10)
  })

  test('are made in their order, also more than a transaction takes', async () => {
    const store = await openStore()
    const fence = await take(store)
    const last = 250
    const commits = Array.from({ length: last + 1 }, (_, index) =>
      store.commit('run', fence, [{ key: 'k', value: `${index}`, final: false }]),
    )
    const answers = await Promise.all([
      ...commits,
      store.end('run', fence, 'succeeded', ''),
      store.commit('run', fence, []),
    ])
    expect(answers.slice(-3)).toEqual([true, true, false])
    expect((await store.entries('run')).items).toEqual([{ key: 'k', value: `${last}`, final: false }])
  })

  test('leave turns to the process when they are many and large', async () => {
    const store = await openStore()
    const ids = Array.from({ length: 50 }, (_, index) => `run-${index}`)
    const fences = await Promise.all(ids.map((id) => take(store, id)))
    const entries = Array.from({ length: 500 }, (_, index) => entry(`item/${index}`))
    let turns = 0
    let done = false
    const count = () => {
      turns++
      if (!done) setImmediate(count)
    }
    setImmediate(count)
    const large = { key: 'large', value: 'x'.repeat(3 * 1024 * 1024), final: true }
    const answers = ids.map((id, index) => store.commit(id, fences[index]!, index < 40 ? entries : [large]))
    expect(await Promise.all(answers)).toEqual(ids.map(() => true))
    done = true
    // A turn after every 1,000 entries, and after every large one.
    expect(turns).toBeGreaterThan(28)
  })

  test('are all made before the store is closed', async () => {
    const file = newFile()
    const store = await openStore({ file })
    const fence = await take(store)
    const commit = store.commit('run', fence, [entry('last')])
    await store.close()
    expect(await commit).toBe(true)
    await expect(store.commit('run', fence, [])).rejects.toMatchObject({ code: 'STORE_CLOSED' })
    expect((await (await openStore({ file })).entries('run')).items).toEqual([entry('last')])
  })
})

describe('while another connection writes', () => {
  test('a call waits, reads go on, and so does the process', async () => {
    const file = newFile()
    const store = await openStore({ file })
    const fence = await take(store)
    const other = lock(file)
    let answered = false
    const commit = store.commit('run', fence, [entry('a')]).finally(() => (answered = true))
    // Many turns, in which the store tries again and again.
    for (let turn = 0; turn < 10; turn++) expect(await store.get('run')).toMatchObject({ status: 'running' })
    expect(answered).toBe(false)
    other.exec('COMMIT')
    expect(await commit).toBe(true)
  })

  test('a call rejects once the time is up, and nothing of it is kept', async () => {
    const file = newFile()
    const store = await openStore({ file, busyTimeoutMs: 30 })
    const fence = await take(store)
    const other = lock(file)
    const calls = [store.commit('run', fence, [entry('a')]), store.end('run', fence, 'failed', '')]
    for (const call of await Promise.allSettled(calls)) {
      expect(call).toMatchObject({
        status: 'rejected',
        reason: {
          code: 'STORE_UNAVAILABLE',
          message: has('is locked by another connection'),
          cause: { errcode: 5 },
        },
      })
    }
    other.exec('COMMIT')
    expect((await store.entries('run')).items).toEqual([])
    expect(await store.commit('run', fence, [entry('a')])).toBe(true)
  })
})

describe('when the file fails', () => {
  test('that cannot grow, what was confirmed is kept, and nothing else', async () => {
    const file = newFile()
    await (await openStore({ file })).close()
    // Files of at most 256 KiB; a write beyond fails instead of ending the process.
    const { lines, ended } = startWorker(['commit', file, 'run', '100000'], `trap '' XFSZ; ulimit -f 512`)
    await ended
    const steps = lines.slice(0, -1)
    expect(lines.at(-1)).toMatch(/^STORE_UNAVAILABLE: /)
    expect(steps.length).toBeGreaterThan(10)
    const store = await openStore({ file })
    const { items } = await store.entries('run')
    expect(items.map(({ key }) => key).toSorted()).toEqual(
      steps.flatMap((step) => [`${step}/a`, `${step}/b`]).toSorted(),
    )
  })

  test('that was deleted or replaced, runs are neither taken nor kept', async () => {
    const file = newFile()
    const store = await openStore({ file })
    const fence = await take(store)
    for (const suffix of ['', '-wal', '-shm']) rmSync(file + suffix)
    const gone = { code: 'STORE_UNAVAILABLE', message: has('was deleted or replaced') }
    await expect(take(store, 'other')).rejects.toMatchObject(gone)
    await openStore({ file })
    await expect(store.renew('run', fence, 1_000)).rejects.toMatchObject(gone)
  })

  test('whose tables are gone, says so', async () => {
    const file = newFile()
    const store = await openStore({ file })
    const db = new DatabaseSync(file)
    db.exec('DROP TABLE pipe_runs')
    db.close()
    await expect(store.get('run')).rejects.toMatchObject({ code: 'STORE_UNFIT', cause: { errcode: 1 } })
  })
})
