import { describe, expect, test } from 'vitest'
import { kinds } from '../support/clients.ts'
import { aRun, expire, lab, request } from '../support/lab.ts'

describe.each(kinds)('acquire, %s', (_, connect) => {
  const { store: open, client, prefix } = lab(connect)

  test('creates a run of which nothing is known, and takes it', async () => {
    const store = await open()
    const run = aRun({ pipeline: 'orders', data: '{"input":[1]}' })
    const before = await store.now()
    const acquired = await store.acquire(run, request({ owner: 'me', leaseMs: 5_000 }))
    const after = await store.now()

    expect(acquired).toEqual({
      fence: acquired.run.fence,
      created: true,
      run: {
        ...run,
        status: 'running',
        command: 'run',
        owner: 'me',
        fence: expect.any(Number) as number,
        leaseUntil: acquired.run.updatedAt + 5_000,
        crashes: 0,
        createdAt: expect.any(Number) as number,
        updatedAt: expect.any(Number) as number,
      },
    })
    const { createdAt, updatedAt } = acquired.run
    expect([before, createdAt, updatedAt, after]).toEqual([before, createdAt, updatedAt, after].sort())
    expect(await store.get(run.id)).toEqual(acquired.run)
  })

  test('gives whoever asks again the lease it has, and nobody else', async () => {
    const store = await open()
    const run = aRun()
    const first = await store.acquire(run, request({ owner: 'me' }))

    expect(await store.acquire(run, request({ owner: 'me', anew: true }))).toEqual({ ...first, created: false })
    expect(await store.acquire(run, request({ owner: 'you', anew: true }))).toEqual({
      ...first,
      created: false,
      fence: null,
    })
  })

  test('counts a crash when a lease has run out, and keeps what the run was created with', async () => {
    const store = await open()
    const run = aRun({ data: 'first' })
    const first = await store.acquire(run, request())
    await expire(client(), prefix, run.id)
    const second = await store.acquire({ ...run, data: 'second', pipeline: 'other' }, request({ owner: 'next' }))

    expect(second).toMatchObject({ created: false, run: { ...run, status: 'running', crashes: 1, owner: 'next' } })
    expect(second.fence).toBeGreaterThan(first.fence!)
    expect(second.run.createdAt).toBe(first.run.createdAt)
  })

  test('declares a run dead at the crash after the last that is forgiven', async () => {
    const store = await open()
    const run = aRun()
    await store.acquire(run, request({ maxCrashes: 0 }))
    await expire(client(), prefix, run.id)

    const dead = await store.acquire(run, request({ maxCrashes: 0 }))
    expect(dead).toMatchObject({ fence: null, created: false, run: { status: 'dead', crashes: 1, leaseUntil: 0 } })
    expect(await store.acquire(run, request({ maxCrashes: 99 }))).toEqual(dead)

    expect(await store.revive(run.id)).toMatchObject({ status: 'waiting', crashes: 0 })
    expect(await store.acquire(run, request({ maxCrashes: 0 }))).toMatchObject({
      run: { status: 'running', crashes: 0 },
    })
  })

  test('takes nothing that has ended or is asked to pause, but what was handed back', async () => {
    const store = await open()
    const [ended, paused, handed] = [aRun(), aRun(), aRun()]
    for (const run of [ended, paused, handed]) {
      const { fence } = await store.acquire(run, request())
      if (run === ended) await store.end(run.id, fence!, 'failed', 'why')
      else await store.release(run.id, fence!, 'blocked', 'why')
    }
    await store.command(paused.id, 'pause')

    expect(await store.acquire(ended, request())).toMatchObject({
      fence: null,
      run: { status: 'failed', outcome: 'why' },
    })
    expect(await store.acquire(paused, request())).toMatchObject({
      fence: null,
      run: { status: 'blocked', outcome: 'why' },
    })
    const { run } = await store.acquire(handed, request())
    expect(run).toMatchObject({ status: 'running', crashes: 0 })
    expect(run).not.toHaveProperty('outcome')
  })

  test('begins anew without anything that was known, and with a higher fence', async () => {
    const store = await open()
    const run = aRun({ data: 'first' })
    const first = await store.acquire(run, request())
    await store.commit(run.id, first.fence!, [{ key: 'a', value: '1', final: true }])
    await store.command(run.id, 'cancel', 'enough')
    await store.end(run.id, first.fence!, 'cancelled', 'enough')

    const again = await store.acquire({ ...run, data: 'second' }, request({ anew: true }))
    expect(again).toMatchObject({
      created: true,
      run: { data: 'second', status: 'running', command: 'run', crashes: 0 },
    })
    for (const gone of ['outcome', 'reason', 'endedAt']) expect(again.run).not.toHaveProperty(gone)
    expect(again.fence).toBeGreaterThan(first.fence!)
    expect(again.run.createdAt).toBeGreaterThanOrEqual(first.run.createdAt)
    expect(await store.entries(run.id)).toEqual({ items: [] })
    expect((await store.list({}, 1_000)).items.filter(({ id }) => id === run.id)).toEqual([again.run])
  })

  test('raises the fence even when the server has lost the last of them, or is ahead of its clock', async () => {
    const store = await open()
    const run = aRun()
    const key = `${prefix}:{${run.id}}:run`
    const fences = [(await store.acquire(run, request())).fence!]
    for (const kept of ['5', '0', '1900000000000000', '1900000000000123']) {
      await client().send('HSET', key, 'fence', kept, 'lease', '1')
      fences.push((await store.acquire(run, request({ maxCrashes: 99 }))).fence!)
    }
    expect(fences.slice(0, 3)).toEqual(fences.slice(0, 3).sort())
    expect(new Set(fences).size).toBe(5)
    expect(fences.slice(3)).toEqual([1_900_000_000_000_001, 1_900_000_000_000_124])
  })

  test('never promises a lease beyond what a number can say', async () => {
    const store = await open()
    const { run } = await store.acquire(aRun(), request({ leaseMs: Number.MAX_SAFE_INTEGER }))
    expect(run.leaseUntil).toBe(Number.MAX_SAFE_INTEGER)
  })
})

describe('acquire, with both clients at once', () => {
  const { store: open } = lab(kinds[0]![1])

  test('of 50 that ask for a run at the same time, one gets it', async () => {
    const stores = await Promise.all(kinds.map(([, connect]) => open({}, connect)))
    for (let round = 0; round < 5; round++) {
      const run = aRun()
      const all = await Promise.all(
        Array.from({ length: 50 }, (_, i) =>
          stores[i % stores.length]!.acquire({ ...run, data: String(i) }, request()),
        ),
      )
      expect(all.filter(({ fence }) => fence !== null)).toHaveLength(1)
      expect(all.filter(({ created }) => created)).toHaveLength(1)
      expect(new Set(all.map(({ run }) => JSON.stringify(run))).size).toBe(1)
      expect((await stores[0]!.list({}, 1_000)).items).toHaveLength(round + 1)
    }
  })
})
