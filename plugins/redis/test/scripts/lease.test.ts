import { describe, expect, test } from 'vitest'
import { kinds } from '../support/clients.ts'
import { adjust, aRun, expire, lab, request } from '../support/lab.ts'

describe.each(kinds)('a lease, %s', (_, connect) => {
  const { store: open, client, prefix } = lab(connect)

  test('is extended from now on, and tells what the run is asked to do', async () => {
    const store = await open()
    const run = aRun()
    const { fence, run: taken } = await store.acquire(run, request({ leaseMs: 1_000 }))

    expect(await store.renew(run.id, fence!, 50_000)).toEqual({ command: 'run' })
    const renewed = (await store.get(run.id))!
    expect(renewed.leaseUntil).toBeGreaterThan(taken.leaseUntil)
    expect(renewed.updatedAt).toBe(taken.updatedAt)

    await store.command(run.id, 'pause', 'lunch \ud800')
    expect(await store.renew(run.id, fence!, 1_000)).toEqual({ command: 'pause', reason: 'lunch \ud800' })
    await store.command(run.id, 'cancel')
    expect(await store.renew(run.id, fence!, 1_000)).toEqual({ command: 'cancel' })
  })

  test('is good after its time, until somebody else takes the run', async () => {
    const store = await open()
    const run = aRun()
    const { fence } = await store.acquire(run, request())
    await expire(client(), prefix, run.id)
    expect(await store.commit(run.id, fence!, [])).toBe(true)
    expect(await store.renew(run.id, fence!, 1_000)).toEqual({ command: 'run' })
    await expire(client(), prefix, run.id)
    await store.acquire(run, request())
    const before = await store.get(run.id)

    expect(await store.renew(run.id, fence!, 1_000)).toBeNull()
    expect(await store.commit(run.id, fence!, [{ key: 'a', value: 'late', final: true }])).toBe(false)
    expect(await store.release(run.id, fence!, 'waiting')).toBe(false)
    expect(await store.end(run.id, fence!, 'succeeded', 'late')).toBe(false)
    expect(await store.get(run.id)).toEqual(before)
    expect(await store.entries(run.id)).toEqual({ items: [] })
  })

  test.each(['acquire', 'list'] as const)(
    'lasts no longer than it was asked for when the clock is set back: %s',
    async (how) => {
      const store = await open({ prefix: `${prefix}:${how}` })
      const look = (id: string) =>
        how === 'acquire' ? store.acquire(aRun({ id }), request()) : store.list({ states: ['stalled'] }, 10)
      const { run, fence } = await store.acquire(aRun(), request({ leaseMs: 60_000 }))
      await adjust(client(), `${prefix}:${how}`, run.id, -3_600_000)
      expect((await store.get(run.id))!.leaseUntil).toBeGreaterThan((await store.now()) + 3_600_000)
      await look(run.id)
      const cut = (await store.get(run.id))!
      const now = await store.now()
      expect(cut).toMatchObject({ status: 'running', owner: run.owner, fence, crashes: 0, updatedAt: run.updatedAt })
      expect(cut.leaseUntil).toBeGreaterThan(now)
      expect(cut.leaseUntil).toBeLessThanOrEqual(now + 60_000)
      await look(run.id) // again, it is left as it is
      expect((await store.get(run.id))!.leaseUntil).toBe(cut.leaseUntil)

      await store.renew(run.id, fence!, 1_000)
      await adjust(client(), `${prefix}:${how}`, run.id, -3_600_000)
      await look(run.id)
      await adjust(client(), `${prefix}:${how}`, run.id, 1_001)
      expect((await store.list({ states: ['stalled'] }, 10)).items.map(({ id }) => id)).toEqual([run.id])
      expect(await store.acquire(run, request())).toMatchObject({ created: false, run: { crashes: 1 } })
      expect(await store.commit(run.id, fence!, [])).toBe(false)
    },
  )

  test('that was given by an earlier version is as long as it is', async () => {
    const store = await open()
    const { run } = await store.acquire(aRun(), request())
    await client().send('HDEL', `${prefix}:{${run.id}}:run`, 'leased')
    expect(await store.acquire(run, request())).toMatchObject({ fence: null, run })
    expect(await store.get(run.id)).toEqual(run)
  })

  test('is nobody’s of a run that is not known', async () => {
    const store = await open()
    expect(await store.renew('nobody', 1, 1_000)).toBeNull()
    expect(await store.commit('nobody', 1, [])).toBe(false)
    expect(await store.release('nobody', 1, 'waiting')).toBe(false)
    expect(await store.end('nobody', 1, 'failed', '')).toBe(false)
    expect(await store.get('nobody')).toBeUndefined()
  })

  test('is handed back once, and says so again', async () => {
    const store = await open()
    const run = aRun()
    const { fence } = await store.acquire(run, request())

    expect(await store.release(run.id, fence!, 'blocked', 'no step "b"')).toBe(true)
    const blocked = await store.get(run.id)
    expect(blocked).toMatchObject({ status: 'blocked', outcome: 'no step "b"', leaseUntil: 0, fence })
    expect(await store.release(run.id, fence!, 'blocked', 'another')).toBe(true)
    expect(await store.release(run.id, fence!, 'waiting')).toBe(false)
    expect(await store.renew(run.id, fence!, 1_000)).toBeNull()
    expect(await store.get(run.id)).toEqual(blocked)
  })

  test('ends with the run, once and for all', async () => {
    const store = await open()
    const run = aRun()
    const { fence } = await store.acquire(run, request())

    expect(await store.end(run.id, fence!, 'succeeded', '{"output":1}')).toBe(true)
    const ended = (await store.get(run.id))!
    expect(ended).toMatchObject({ status: 'succeeded', outcome: '{"output":1}', leaseUntil: 0 })
    expect(ended.endedAt).toBeGreaterThanOrEqual(ended.createdAt)
    expect(await store.end(run.id, fence!, 'succeeded', 'again')).toBe(true)
    expect(await store.end(run.id, fence!, 'failed', 'again')).toBe(false)
    expect(await store.release(run.id, fence!, 'waiting')).toBe(false)
    expect(await store.command(run.id, 'cancel')).toEqual(ended)
    expect(await store.revive(run.id)).toEqual(ended)
    expect(await store.get(run.id)).toEqual(ended)
  })
})
