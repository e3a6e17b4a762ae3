import { startRedis } from '@pipe/config/servers/redis'
import type { Server } from '@pipe/config/servers/server'
import { Cluster } from 'ioredis'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type RedisClient, redisStore } from '../src/index.ts'
import { kinds, type TestClient } from './support/clients.ts'
import { aRun, listening, request } from './support/lab.ts'
import { until } from './support/until.ts'

let server: Server
let clients: TestClient[]
let cluster: Cluster

// One node with all slots: it refuses commands and scripts whose keys are of two slots, as any cluster does.
beforeAll(async () => {
  server = await startRedis({ 'cluster-enabled': 'yes', 'cluster-announce-ip': '127.0.0.1' })
  clients = [await kinds[0]![1](server.url), await kinds[1]![1](server.url)]
  await clients[0]!.send('CLUSTER', 'ADDSLOTSRANGE', '0', '16383')
  await until(async () => String(await clients[0]!.send('CLUSTER', 'INFO')).includes('cluster_state:ok'))
  cluster = new Cluster([{ host: '127.0.0.1', port: server.port }], { lazyConnect: true })
  await cluster.connect()
})
afterAll(async () => {
  await Promise.all(clients.map((client) => client.close()))
  cluster.disconnect()
  await server.stop()
})

describe.each<[string, () => RedisClient]>([
  ['ioredis', () => clients[0]!.client],
  ['node-redis', () => clients[1]!.client],
  ['a cluster of ioredis', () => cluster],
])('on a cluster, %s', (kind, client) => {
  test('no command and no script has keys of two slots', async () => {
    const prefix = `on:${kind.replaceAll(' ', '-')}`
    const store = redisStore({ client: client(), prefix, onWarning: () => undefined })
    await store.open()
    const heard: string[] = []
    store.watch!((id) => heard.push(id))
    for (let i = 0; i < 20; i++) {
      const run = aRun()
      const { fence } = await store.acquire(run, request())
      expect(await store.commit(run.id, fence!, [{ key: 'a', value: '1', final: true }])).toBe(true)
      expect((await store.entries(run.id)).items).toHaveLength(1)
      expect(await store.renew(run.id, fence!, 60_000)).toEqual({ command: 'run' })
      await store.command(run.id, 'pause')
      expect(await store.release(run.id, fence!, 'waiting')).toBe(true)
      expect(await store.acquire(run, request({ anew: true }))).toMatchObject({ created: true })
      await store.end(run.id, (await store.get(run.id))!.fence, 'failed', '')
    }
    await until(async () => {
      await store.acquire(aRun({ id: 'asked' }), request())
      await store.command('asked', 'pause')
      return heard.includes('asked')
    })
    expect((await store.list({}, 100)).items).toHaveLength(21)
    expect(await store.revive('asked')).toMatchObject({ status: 'running' })
    expect(await store.purge(['failed'], Number.MAX_SAFE_INTEGER, 100)).toBe(20)
    await store.close()
    await until(async () => (await listening(clients[0]!, prefix)) === 0)
  })
})
