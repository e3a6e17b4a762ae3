import { isPipelineError } from '@pipe/core'
import { startRedis } from '@pipe/config/servers/redis'
import type { Server } from '@pipe/config/servers/server'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { redisStore } from '../src/index.ts'
import { kinds, type TestClient } from './support/clients.ts'
import { aRun, request } from './support/lab.ts'
import { type Proxy, proxyTo } from './support/proxy.ts'
import { until } from './support/until.ts'

describe.each(kinds)('answers that fail to come, %s', (_, connect) => {
  let server: Server
  let proxy: Proxy
  let clients: TestClient[]
  beforeAll(async () => {
    server = await startRedis({ appendonly: 'yes' })
    proxy = await proxyTo(server.port)
    clients = [await connect(proxy.url), await connect(server.url)]
  })
  afterAll(async () => {
    await Promise.all(clients.map((client) => client.close()))
    await proxy.close()
    await server.stop()
  })
  /** A store behind the proxy, which waits so long for answers, and one that is not, and has time. */
  const stores = async (timeout = 10_000) => {
    const [near, far] = [timeout, 10_000].map((ms, i) => redisStore({ client: clients[i]!.client, timeout: ms }))
    await near!.open()
    await far!.open()
    return { near: near!, far: far! }
  }
  /** Calls until the connection is back. A client may fail at once what it is asked meanwhile. */
  const insist = async <T>(call: () => Promise<T>): Promise<T> => {
    for (;;) {
      try {
        return await call()
      } catch (error) {
        if (!isPipelineError(error, 'STORE_UNAVAILABLE')) throw error
      }
    }
  }

  test('a script that the server has forgotten is sent again, as often as it forgets', async () => {
    const { near } = await stores()
    const { run, fence } = await near.acquire(aRun(), request())
    for (let i = 0; i < 3; i++) {
      await clients[1]!.send('SCRIPT', 'FLUSH')
      expect(await near.commit(run.id, fence!, [{ key: `k${i}`, value: '', final: true }])).toBe(true)
    }
    const keys = Array.from({ length: 100 }, (_, i) => `more ${i}`)
    const flushing = clients[1]!.send('SCRIPT', 'FLUSH')
    const all = keys.map((key) => near.commit(run.id, fence!, [{ key, value: '', final: true }]))
    expect(await Promise.all(all)).toEqual(keys.map(() => true))
    await flushing
    expect((await near.entries(run.id)).items).toHaveLength(103)
  })

  test('a client that was disconnected goes on with another connection', async () => {
    const { near } = await stores()
    const { run, fence } = await near.acquire(aRun(), request())
    await clients[1]!.send('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes')
    expect(await insist(() => near.commit(run.id, fence!, [{ key: 'a', value: '1', final: true }]))).toBe(true)
    expect(await insist(() => near.entries(run.id))).toEqual({ items: [{ key: 'a', value: '1', final: true }] })
  })

  test('who listens is not ended by connections that are lost again and again, and goes on', async () => {
    const { near, far } = await stores()
    const [fatal, heard]: [unknown[], string[]] = [[], []]
    const isFatal = (error: unknown) => fatal.push(error)
    process.on('unhandledRejection', isFatal)
    const { run } = await near.acquire(aRun(), request())
    const end = far.watch!((id) => heard.push(id))
    const kill = (type: string) => clients[1]!.send('CLIENT', 'KILL', 'TYPE', type, 'SKIPME', 'yes')
    for (let i = 0; i < 100; i++) await Promise.all([kill('normal'), kill('pubsub')])
    for (let i = 0; i < 1_000 && heard.length === 0; i++) {
      await insist(() => near.command(run.id, 'pause'))
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    expect(heard).toContain(run.id)
    end()
    await far.close() // which waits until the connection is closed
    process.off('unhandledRejection', isFatal)
    expect(fatal).toEqual([])
  })

  test('what was done although the answer was lost is not done twice when it is asked again', async () => {
    const { near, far } = await stores(200)
    const run = aRun()
    const me = request({ owner: 'me' })
    const lost = async <T>(call: () => Promise<T>, isDone: () => Promise<boolean>): Promise<T> => {
      proxy.mute()
      await expect(call()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
      await until(isDone)
      proxy.cut()
      return insist(call)
    }

    // Creating is three questions, and the first of them gets no answer: nothing has happened.
    proxy.mute()
    await expect(near.acquire(run, me)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
    proxy.cut()
    const first = await insist(() => near.acquire(run, me))
    await far.release(run.id, first.fence!, 'waiting')

    const isRunning = async () => (await far.get(run.id))?.status === 'running'
    const { fence } = await lost(() => near.acquire(run, me), isRunning)
    expect(await far.get(run.id)).toMatchObject({ fence, crashes: 0 })

    const entry = { key: 'a', value: '1', final: true }
    const isWritten = async () => (await far.entries(run.id)).items.length === 1
    expect(await lost(() => near.commit(run.id, fence!, [entry]), isWritten)).toBe(true)
    expect(await far.entries(run.id)).toEqual({ items: [entry] })

    const isBack = async () => (await far.get(run.id))?.status === 'blocked'
    expect(await lost(() => near.release(run.id, fence!, 'blocked', 'why'), isBack)).toBe(true)
    expect(await far.get(run.id)).toMatchObject({ status: 'blocked', outcome: 'why', fence })
  })

  test('a store that is closed says so, and leaves the client as it is', async () => {
    const { near } = await stores()
    await near.close()
    await near.close()
    await expect(near.get('a')).rejects.toMatchObject({ code: 'STORE_CLOSED' })
    await expect(redisStore({ client: clients[0]!.client }).get('a')).rejects.toMatchObject({ code: 'STORE_CLOSED' })
    expect(await clients[0]!.send('PING')).toBe('PONG')
  })

  test('a server that is killed and comes back has all that it confirmed, and the lease goes on', async () => {
    const { near, far } = await stores(500)
    await clients[1]!.send('CONFIG', 'SET', 'appendfsync', 'always')
    const { run, fence } = await near.acquire(aRun(), request())
    await near.commit(run.id, fence!, [{ key: 'a', value: '1', final: true }])
    await server.down('SIGKILL')
    await expect(near.get(run.id)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
    await server.up()
    expect(await insist(() => near.commit(run.id, fence!, [{ key: 'b', value: '2', final: true }]))).toBe(true)
    expect((await near.entries(run.id)).items.map(({ key }) => key)).toEqual(['a', 'b'])
    expect((await near.list({}, 1)).items[0]!.id).toBe(run.id)
    expect(await insist(() => far.get(run.id))).toMatchObject({ fence }) // the other client is back, too
  })
})
