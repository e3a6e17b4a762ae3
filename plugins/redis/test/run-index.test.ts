import { describe, expect, test, vi } from 'vitest'
import { redisStore, type RedisClient } from '../src/index.ts'
import { acquire } from '../src/scripts/acquire.ts'
import { announce } from '../src/scripts/announce.ts'
import { end } from '../src/scripts/lease.ts'
import type { Script } from '../src/server.ts'
import { kinds, type TestClient } from './support/clients.ts'
import { aRun, keysWith, lab, request } from './support/lab.ts'
import { until } from './support/until.ts'

/** A client of a process that dies when it is about to send a command, or with `after` as soon as that one is done. */
function dying({ send }: TestClient, at: (command: readonly string[]) => boolean, after = false): RedisClient {
  let dead = false
  return {
    call: async (command, args) => {
      const now = at([command, ...args])
      if (now && !after) dead = true
      if (dead) throw new Error('killed')
      const reply = await send(command, ...args)
      if (now) dead = true
      if (dead) throw new Error('killed')
      return reply
    },
    duplicate: () => expect.unreachable(),
  }
}

const isScript =
  ({ sha, lua }: Script, argument = '') =>
  (command: readonly string[]) =>
    (command[1] === sha || command[1] === lua) && command.some((one) => one.includes(argument))

const eleven = 11 * 60 * 1_000_000

describe.each(kinds)('the index, %s', (_, connect) => {
  const { store: open, client, prefix } = lab(connect)
  let labs = 0

  const fresh = async () => {
    const own = `${prefix}:${++labs}`
    const members = (name: string) => client().send('ZRANGE', `${own}:{index}:${name}`, '0', '-1') as Promise<string[]>
    /** Makes all places of a set as old as if they had been announced eleven minutes ago. */
    const age = async (name: string) => {
      for (const member of await members(name)) {
        const old = String(Number(member.slice(0, 16)) - eleven) + member.slice(16)
        await client().send('ZREM', `${own}:{index}:${name}`, member)
        await client().send('ZADD', `${own}:{index}:${name}`, '0', old)
      }
    }
    const mortal = async (...[at, after]: [Parameters<typeof dying>[1], boolean?]) => {
      const store = redisStore({ client: dying(client(), at, after), prefix: own, onWarning: () => undefined })
      await store.open()
      return store
    }
    return { store: await open({ prefix: own }), own, members, age, mortal }
  }

  test('names a run before it is there: killed in between, nothing is seen, and what is left is tidied away', async () => {
    const { store, mortal, members, age } = await fresh()
    const dead = await mortal(isScript(announce), true)
    const run = aRun()
    await expect(dead.acquire(run, request())).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
    expect(await members('created')).toHaveLength(1)
    expect(await store.list({}, 10)).toEqual({ items: [] })
    expect(await members('created')).toHaveLength(1) // somebody may be about to create it

    await age('created')
    await age('live')
    expect(await store.list({}, 10)).toEqual({ items: [] })
    expect(await store.list({ states: ['stalled'] }, 10)).toEqual({ items: [] })
    await store.close()
    expect(await members('created')).toEqual([])
    expect(await members('live')).toEqual([])
  })

  test('has every run: killed right after it was created, it is listed', async () => {
    const { store, mortal } = await fresh()
    const run = aRun()
    const dead = await mortal((command) => isScript(acquire)(command) && command.includes(run.data), true)
    await expect(dead.acquire(run, request())).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
    expect(await store.list({ states: ['running'] }, 10)).toEqual({ items: [await store.get(run.id)] })
    expect(await store.list({}, 10)).toMatchObject({ items: [{ ...run, status: 'running' }] })
  })

  test('has every run that has ended: killed right after it did, it is purged', async () => {
    const { store, mortal, members } = await fresh()
    const { run, fence } = await store.acquire(aRun(), request())
    const dead = await mortal(isScript(end), true)
    await expect(dead.end(run.id, fence!, 'failed', '')).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
    expect(await members('live')).toHaveLength(1)
    expect(await store.list({ states: ['running'] }, 10)).toEqual({ items: [] })
    expect(await store.purge(['failed'], Number.MAX_SAFE_INTEGER, 10)).toBe(1)
    await store.close()
    for (const name of ['created', 'live', 'ended']) expect(await members(name)).toEqual([])
  })

  test('names the end of a run before it comes: killed in between, the run goes on', async () => {
    const { store, mortal, members, age } = await fresh()
    const { run, fence } = await store.acquire(aRun(), request())
    const dead = await mortal(isScript(announce), true)
    await expect(dead.end(run.id, fence!, 'failed', '')).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
    expect(await store.purge(['failed'], Number.MAX_SAFE_INTEGER, 10)).toBe(0)
    expect(await store.get(run.id)).toEqual(run)

    await age('ended')
    expect(await store.purge(['failed'], Number.MAX_SAFE_INTEGER, 10)).toBe(0)
    expect(await store.end(run.id, fence!, 'failed', '')).toBe(true)
    await store.close()
    expect(await members('ended')).toEqual([expect.stringContaining(`:failed:${run.id}`)])
  })

  test('is whole after a purge that was killed halfway', async () => {
    const { store, mortal, members } = await fresh()
    const runs = []
    for (let i = 0; i < 3; i++) runs.push(await store.acquire(aRun(), request()))
    for (const { run, fence } of runs) await store.end(run.id, fence!, 'failed', '')
    const dead = await mortal((command) => command[0] === 'ZREM')
    await dead.purge(['failed'], Number.MAX_SAFE_INTEGER, 2)
    await dead.close()

    expect((await store.list({}, 10)).items).toHaveLength(1)
    expect(await store.purge(['failed'], Number.MAX_SAFE_INTEGER, 10)).toBe(1)
    expect(await members('ended')).toHaveLength(2) // young: they may be about to end
  })

  test('is never written late: a place that is too old is announced again', async () => {
    const { store, own } = await fresh()
    const run = aRun()
    const args = ['owner', '1000', '3', '0', '0000000000000001', run.pipeline, run.data]
    const keys = ['run', 'entries', 'order'].map((name) => `${own}:{${run.id}}:${name}`)
    expect(await client().send('EVAL', acquire.lua, '3', ...keys, ...args)).toBe('announce')
    expect(await store.get(run.id)).toBeUndefined()

    const { fence } = await store.acquire(run, request())
    const late = [String(fence), 'failed', '', '0000000000000001']
    expect(await client().send('EVAL', end.lua, '1', keys[0]!, ...late)).toBe('announce')
    expect(await store.get(run.id)).toMatchObject({ status: 'running' })
  })

  test('is restored by whoever takes a run that it has lost', async () => {
    const { store, own } = await fresh()
    const { run, fence } = await store.acquire(aRun(), request())
    await store.release(run.id, fence!, 'waiting')
    await client().send('UNLINK', `${own}:{index}:created`, `${own}:{index}:live`)
    const taken = await store.acquire(run, request())
    await store.close()
    const reader = await open({ prefix: own })
    expect(await reader.list({}, 10)).toEqual({ items: [taken.run] })
    expect(await reader.list({ states: ['running'] }, 10)).toEqual({ items: [taken.run] })
  })

  test('finds runs that it has lost, when a store is opened', async () => {
    const { store, own } = await fresh()
    const live = await store.acquire(aRun({ pipeline: 'se\ud800cond' }), request())
    const { run, fence } = await store.acquire(aRun(), request())
    await store.end(run.id, fence!, 'failed', '')
    await store.close()
    for (const key of await keysWith(client().send, `${own}:{index}`)) await client().send('UNLINK', key)
    await client().send('HSET', `${own}:{index}:{x}:run`, 'not', 'a run')

    const reader = await open({ prefix: own })
    await until(async () => (await reader.list({}, 10)).items.length === 2)
    await reader.close()
    const again = await open({ prefix: own })
    expect((await again.list({ pipeline: live.run.pipeline, states: ['running'] }, 10)).items).toEqual([live.run])
    expect((await again.list({ pipeline: run.pipeline }, 10)).items).toMatchObject([{ id: run.id, status: 'failed' }])
    expect((await again.list({}, 10)).items).toHaveLength(2)
    expect(await again.purge(['failed'], Number.MAX_SAFE_INTEGER, 10)).toBe(1)
  })

  test('is gone through by one process an hour', async () => {
    const { own } = await fresh()
    await until(async () => (await client().send('EXISTS', `${own}:{index}:swept`)) === 1)
    const scans = vi.fn()
    const counting: RedisClient = {
      call: (command, args) => {
        if (command === 'SCAN') scans()
        return client().send(command, ...args)
      },
      duplicate: () => expect.unreachable(),
    }
    for (let i = 0; i < 3; i++) {
      const store = redisStore({ client: counting, prefix: own, onWarning: () => undefined })
      await store.open()
      await store.list({}, 10)
      await store.close()
    }
    expect(scans).not.toHaveBeenCalled() // the store that `fresh` opened does
  })

  test('gives no place twice', async () => {
    const { own } = await fresh()
    const announced = () =>
      client().send('EVAL', announce.lua, '1', `${own}:{index}:ended`, 'failed:a') as Promise<string>
    const places = await Promise.all(Array.from({ length: 200 }, announced))
    expect(new Set(places).size).toBe(200)
  })
})
