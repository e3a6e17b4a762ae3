import { startRedis } from '@pipe/config/servers/redis'
import { PipelineError } from '@pipe/core'
import type { StateStore } from '@pipe/state'
import { describe, expect, test } from 'vitest'
import { failureOf } from '../src/failure.ts'
import { redisStore } from '../src/index.ts'
import { kinds, type TestClient } from './support/clients.ts'
import { aRun, request } from './support/lab.ts'
import { until } from './support/until.ts'

const unavailable = (message: string) => ({
  code: 'STORE_UNAVAILABLE',
  message: expect.stringContaining(message) as string,
})

test.each([
  ['LOADING Redis is loading the dataset in memory', 'STORE_UNAVAILABLE', 'reading its data'],
  ['MISCONF Redis is configured to save RDB snapshots, but', 'STORE_UNAVAILABLE', 'cannot write to its disk'],
  ['CLUSTERDOWN The cluster is down', 'STORE_UNAVAILABLE', 'the cluster is down'],
  ['Connection is closed.', 'STORE_UNAVAILABLE', 'cannot be reached now: Connection is closed.'],
  ['NOPERM this user has no permissions to run the ‘evalsha’ command', 'STORE_UNFIT', 'lists the commands'],
  ['NOAUTH Authentication required.', 'STORE_UNFIT', 'has to log in'],
  ['toString', 'STORE_UNAVAILABLE', 'cannot be reached now: toString'],
])('“%s” is %s', (said, code, words) => {
  const cause = new Error(said)
  const failure = failureOf(cause)
  expect(failure).toMatchObject({ code, cause })
  expect(failure.message).toContain(words)
  expect(failure.message).toContain(said)
})

test('an error of ours is passed on as it is', () => {
  const error = new PipelineError('STORE_UNAVAILABLE', 'later')
  expect(failureOf(error)).toBe(error)
})

describe.each(kinds)('a server that fails, %s', (_, connect) => {
  /** A server of its own for a test. */
  const withServer = async (
    settings: Record<string, string>,
    use: (store: StateStore, client: TestClient, server: Awaited<ReturnType<typeof startRedis>>) => Promise<void>,
  ) => {
    const server = await startRedis(settings)
    const client = await connect(server.url)
    const store = redisStore({ client: client.client, onWarning: () => undefined, timeout: '2s' })
    try {
      await store.open()
      await use(store, client, server)
    } finally {
      await store.close()
      await client.close()
      await server.stop()
    }
  }

  test('for want of memory writes nothing, and half of nothing', () =>
    withServer({ 'maxmemory-policy': 'noeviction' }, async (store, { send }) => {
      const { run, fence } = await store.acquire(aRun(), request())
      const ended = await store.acquire(aRun(), request())
      await store.end(ended.run.id, ended.fence!, 'failed', '')
      const before = await store.get(run.id)
      await send('CONFIG', 'SET', 'maxmemory', '1')
      const full = unavailable('no memory left')
      await expect(store.acquire(aRun(), request())).rejects.toMatchObject(full)
      await expect(store.commit(run.id, fence!, [{ key: 'a', value: '1', final: true }])).rejects.toMatchObject(full)
      await expect(store.end(run.id, fence!, 'failed', '')).rejects.toMatchObject(full)
      expect(await store.get(run.id)).toEqual(before)
      expect(await store.entries(run.id)).toEqual({ items: [] })
      // What makes room is not refused.
      expect(await store.purge(['failed'], Number.MAX_SAFE_INTEGER, 10)).toBe(1)
      await send('CONFIG', 'SET', 'maxmemory', '0')
      expect(await store.commit(run.id, fence!, [{ key: 'a', value: '1', final: true }])).toBe(true)
    }))

  test('because it became a replica says so, and store after store is refused', () =>
    withServer({}, async (store, { client, send }, { port }) => {
      const { run, fence } = await store.acquire(aRun(), request())
      const primary = await startRedis()
      try {
        await send('REPLICAOF', '127.0.0.1', String(primary.port))
        await expect(store.commit(run.id, fence!, [])).rejects.toMatchObject(unavailable('read-only replica'))
        await expect(redisStore({ client }).open()).rejects.toMatchObject(unavailable('Connect to the primary'))
        await send('REPLICAOF', 'NO', 'ONE')
        await redisStore({ client, onWarning: () => undefined }).open()
        expect(port).not.toBe(primary.port)
      } finally {
        await primary.stop()
      }
    }))

  test('and comes back without its data lets nobody believe that the run is there', () =>
    withServer({}, async (store, _, server) => {
      const run = aRun()
      const first = await store.acquire(run, request())
      await server.down()
      await server.up()
      const reads = () => store.get(run.id).catch(() => 'not yet')
      await until(async () => (await reads()) !== 'not yet')

      expect(await store.get(run.id)).toBeUndefined()
      expect(await store.renew(run.id, first.fence!, 1_000)).toBeNull()
      expect(await store.commit(run.id, first.fence!, [{ key: 'a', value: '1', final: true }])).toBe(false)
      expect(await store.end(run.id, first.fence!, 'succeeded', '')).toBe(false)
      const again = await store.acquire(run, request())
      expect(again).toMatchObject({ created: true })
      expect(again.fence).toBeGreaterThan(first.fence!)
    }))

  test('is not asked for ever: without an answer in time the call rejects', () =>
    withServer({}, async (_store, { client, send }) => {
      const hasty = redisStore({ client, timeout: 50, onWarning: () => undefined })
      await hasty.open()
      await send('CLIENT', 'PAUSE', '500', 'ALL')
      await expect(hasty.get('a')).rejects.toMatchObject(unavailable('no answer after 50 ms'))
      await send('PING') // answered when the pause is over
      expect(await hasty.get('a')).toBeUndefined()
    }))

  test('because the keys hold something else says what to do', () =>
    withServer({}, async (store, { send }) => {
      const { run, fence } = await store.acquire(aRun(), request())
      await send('SET', `pipe:{${run.id}}:entries`, 'mine')
      const commit = store.commit(run.id, fence!, [{ key: 'a', value: '1', final: true }])
      await expect(commit).rejects.toMatchObject({
        code: 'STORE_UNFIT',
        message: expect.stringContaining('prefix') as string,
      })
      await send('HSET', `pipe:{${run.id}}:run`, 'status', 'asleep')
      await expect(store.get(run.id)).rejects.toMatchObject({ code: 'STORE_UNFIT' })
    }))
})
