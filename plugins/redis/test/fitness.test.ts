import { startRedis } from '@pipe/config/servers/redis'
import type { Server } from '@pipe/config/servers/server'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { redisStore } from '../src/index.ts'
import { kinds, type TestClient } from './support/clients.ts'

/** A client of a server that answers INFO so: for servers that cannot be started here. */
const answering = (info: string, save: () => unknown = () => ['save', '']) => ({
  call: async (command: string) => (command === 'INFO' ? info : save()),
  duplicate: () => expect.unreachable(),
})

describe.each(kinds)('a server is fit, %s', (_, connect) => {
  let server: Server
  let client: TestClient
  beforeAll(async () => {
    server = await startRedis({ appendonly: 'yes' })
    client = await connect(server.url)
  })
  afterAll(async () => {
    await client.close()
    await server.stop()
  })
  const set = (name: string, value: string) => client.send('CONFIG', 'SET', name, value)
  const open = async (of = client) => {
    const warnings: string[] = []
    await redisStore({ client: of.client, onWarning: (warning) => void warnings.push(warning) }).open()
    return warnings
  }

  test('when it keeps what it is given', async () => {
    expect(await open()).toEqual([])
  })

  test('unless it may throw runs away', async () => {
    await set('maxmemory', '100mb')
    for (const policy of ['allkeys-lru', 'allkeys-lfu', 'allkeys-random']) {
      await set('maxmemory-policy', policy)
      const message = `\`maxmemory-policy\` is ${policy}, which throws runs away when memory is short. Set it to noeviction.`
      await expect(open()).rejects.toMatchObject({
        code: 'STORE_UNFIT',
        message: expect.stringContaining(message) as string,
      })
    }
    // The keys of the store do not expire, and these evict only keys that do.
    for (const policy of ['noeviction', 'volatile-lru', 'volatile-ttl']) {
      await set('maxmemory-policy', policy)
      expect(await open()).toEqual([])
    }
    await set('maxmemory', '0')
    await set('maxmemory-policy', 'allkeys-lru')
    expect(await open()).toEqual([])
  })

  test('with a warning when it forgets everything, or the last minutes, as soon as it stops', async () => {
    await set('appendonly', 'no')
    expect(await open()).toEqual([
      'The server writes nothing to disk: runs are lost when it stops. Set `appendonly yes`.',
    ])
    await set('save', '3600 1')
    expect(await open()).toEqual([
      'The server saves only snapshots: runs since the last one are lost when it stops. Set `appendonly yes`.',
    ])
  })

  test('also when it does not let the client read its configuration, but not quite surely', async () => {
    await client.send('ACL', 'SETUSER', 'app', 'on', '>secret', '~*', '&*', '+@all', '-config')
    const guest = await connect(server.url.replace('://', '://app:secret@'))
    expect(await open(guest)).toEqual([
      'The server writes no log of changes, and does not tell whether it saves snapshots. Set `appendonly yes`.',
    ])
    await guest.close()
  })

  test('for a client that may do no more than README.md says', async () => {
    await client.send(
      ...['ACL', 'SETUSER', 'least', 'on', '>secret', '~pipe:*', '&pipe:*', '-@all'],
      ...['+evalsha', '+eval', '+info', '+time', '+publish', '+subscribe', '+client', '+hello'],
      ...['+exists', '+hget', '+hmget', '+hset', '+hsetnx', '+hdel', '+lrange', '+llen', '+rpush', '+unlink'],
      ...['+zadd', '+zrem', '+zrange', '+set', '+scan', '+ping'],
    )
    const guest = await connect(server.url.replace('://', '://least:secret@'))
    const store = redisStore({ client: guest.client, onWarning: () => undefined })
    await store.open()
    const run = { id: 'a', pipeline: 'p', data: '' }
    const { fence } = await store.acquire(run, { owner: 'o', leaseMs: 60_000, maxCrashes: 0 })
    await store.commit('a', fence!, [{ key: 'k', value: 'v', final: true }])
    expect(await store.entries('a')).toMatchObject({ items: [{ key: 'k' }] })
    expect(await store.command('a', 'pause')).toMatchObject({ command: 'pause' })
    expect(await store.renew('a', fence!, 1_000)).toEqual({ command: 'pause' })
    expect(await store.end('a', fence!, 'failed', '')).toBe(true)
    expect(await store.revive('a')).toMatchObject({ status: 'failed' })
    expect((await store.list({}, 10)).items).toHaveLength(1)
    expect(await store.purge(['failed'], Number.MAX_SAFE_INTEGER, 10)).toBe(1)
    expect(await store.now()).toBeGreaterThan(0)

    await client.send('ACL', 'SETUSER', 'least', '-evalsha', '-eval')
    await expect(store.get('a')).rejects.toMatchObject({ code: 'STORE_UNFIT' })
    await guest.close()
  })
})

describe('a server is told apart by what it says of itself', () => {
  const open = (info: string, save?: () => unknown) =>
    redisStore({ client: answering(info, save), onWarning: () => undefined }).open()

  test.each([
    ['redis_version:6.2.14\r\n', 'it is Redis 6.2.14. Use Redis 7.0 or later, or Valkey.'],
    ['hello:1\r\n', 'it does not tell its version.'],
  ])('%j is refused', async (info, message) => {
    await expect(open(info)).rejects.toMatchObject({
      code: 'STORE_UNFIT',
      message: expect.stringContaining(message) as string,
    })
  })

  test('one that is loading, or a replica, may be asked later', async () => {
    for (const line of ['loading:1', 'role:slave'])
      await expect(open(`redis_version:7.0.0\r\n${line}\r\n`)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
  })

  test('Valkey calls itself Redis 7.2', async () => {
    await open(
      'redis_version:7.2.4\r\nserver_name:valkey\r\nvalkey_version:8.1.1\r\nmaxmemory_policy:noeviction\r\naof_enabled:1\r\n',
    )
  })

  test('and opened again after it was refused', async () => {
    let info = 'redis_version:7.0.0\r\nloading:1\r\n'
    const client = {
      call: async (command: string) => (command === 'INFO' ? info : ['save', '']),
      duplicate: () => expect.unreachable(),
    }
    const store = redisStore({ client, onWarning: () => undefined })
    await expect(store.open()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
    info = 'redis_version:7.0.0\r\nloading:0\r\n'
    await store.open()
  })

  test('warnings go to the process when nobody else wants them', async () => {
    const warned = new Promise<Error>((resolve) => process.once('warning', resolve))
    await redisStore({ client: answering('redis_version:7.0.0\r\nmaxmemory_policy:noeviction\r\n') }).open()
    expect(await warned).toMatchObject({
      code: 'PIPE_REDIS',
      message: expect.stringContaining('nothing to disk') as string,
    })
  })
})
