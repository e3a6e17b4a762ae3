import { setTimeout as sleep } from 'node:timers/promises'
import { startRedis } from '@pipe/config/servers/redis'
import { Redis } from 'ioredis'
import { describe, expect, test } from 'vitest'
import { doubleCommits } from '../src/audit.ts'
import { type Lab, openLab } from '../src/lab.ts'
import { hasEnded } from '../src/reading.ts'
import { startProxy } from '../src/proxy.ts'

const ID = 'run-1'
const startsOf = (ms: number) => [{ id: ID, pipeline: 'thorough', input: { ms } }] as const

/** Of a server that forgets nothing when it is killed. With `everysec`, it writes nothing while a slow disk is busy. */
const LOGGED = { appendonly: 'yes', appendfsync: 'always' }

/** A server that tests may break, a lab on it, and a way to tell it anything. */
async function broken(settings: Readonly<Record<string, string>> = LOGGED) {
  const server = await startRedis(settings)
  const lab = await openLab('redis', server.url)
  const client = new Redis(server.url, { retryStrategy: () => 50 })
  client.on('error', () => undefined)
  return {
    server,
    lab,
    tell: ([command = '', ...args]: readonly string[]) => client.call(command, args),
    [Symbol.asyncDispose]: async () => {
      client.disconnect()
      await lab[Symbol.asyncDispose]()
      await server.stop()
    },
  }
}

/** Asserts that the run went through in one process, and that each effect happened once. */
async function wentThrough(lab: Lab): Promise<void> {
  const { run, entries } = await lab.readable(ID)
  expect(run).toMatchObject({ status: 'succeeded', crashes: 0 })
  const done = lab.ledger.effects(ID).filter(({ phase }) => phase === 'done')
  const names = done.map(({ step, attempt }) => `${step} #${attempt}`)
  expect(names).toHaveLength(new Set(names).size)
  expect(doubleCommits(lab.ledger.read(), ID, entries)).toEqual([])
}

describe.concurrent('a Redis server', () => {
  test('that is killed and comes back with its data interrupts nothing', async () => {
    await using it = await broken()
    const worker = it.lab.worker({ starts: startsOf(1_000), leaseMs: 10_000 })
    await it.lab.seen(ID, 'b', 'done')
    await it.server.down('SIGKILL')
    await sleep(300)
    await it.server.up()
    expect(await worker.told('over')).toMatchObject({ status: 'succeeded' })
    await wentThrough(it.lab)
    await worker.close()
  })

  test('that comes back without its data loses the run, and the process says so', async () => {
    await using it = await broken({ appendonly: 'no' })
    const worker = it.lab.worker({ starts: startsOf(60_000), leaseMs: 1_000 })
    await it.lab.seen(ID, 'long', 'begin')
    await it.server.down('SIGKILL')
    await it.server.up()
    expect(await worker.told('over')).toMatchObject({ status: 'cancelled', code: 'LEASE_LOST' })
    await worker.close()
    expect(await it.lab.readable(ID)).toEqual({ run: undefined, entries: [] })
    it.lab.leaveOpen(ID)
  })

  test('that stays away loses the run for its process, and another goes on when it is back', async () => {
    await using it = await broken()
    const heir = it.lab.worker({ recovers: true })
    await heir.told('ready')
    const worker = it.lab.worker({ starts: startsOf(2_000), leaseMs: 1_000 })
    await it.lab.seen(ID, 'long', 'begin')
    await it.server.down('SIGKILL')
    expect(await worker.told('over')).toMatchObject({ status: 'cancelled', code: 'LEASE_LOST' })
    expect(await heir.told('error')).toMatchObject({ message: 'STORE_UNAVAILABLE' })
    await it.server.up()
    expect(await it.lab.until(ID, hasEnded)).toMatchObject({ status: 'succeeded', crashes: 1 })
    await Promise.all([worker.close(), heir.close()])
  })

  test.for([
    ['drops its clients', 'CLIENT KILL TYPE normal SKIPME yes'],
    ['forgets its scripts', 'SCRIPT FLUSH SYNC'],
  ] as const)('that %s again and again interrupts nothing', async ([, command]) => {
    await using it = await broken()
    const worker = it.lab.worker({ starts: startsOf(1_000), leaseMs: 10_000 })
    await it.lab.seen(ID, 'a', 'begin')
    for (let times = 0; times < 30; times++) {
      await it.tell(command.split(' '))
      await sleep(30)
    }
    expect(await worker.told('over')).toMatchObject({ status: 'succeeded' })
    await wentThrough(it.lab)
    await worker.close()
  })

  const refusals = [
    ['has no memory left', ['CONFIG', 'SET', 'maxmemory', '1'], ['CONFIG', 'SET', 'maxmemory', '0']],
    ['is a read-only replica', ['REPLICAOF', '127.0.0.1', '1'], ['REPLICAOF', 'NO', 'ONE']],
  ] as const

  test.for(refusals)('that %s for a while interrupts nothing', async ([, begin, end]) => {
    await using it = await broken()
    const worker = it.lab.worker({ starts: startsOf(200), leaseMs: 10_000 })
    await it.lab.seen(ID, 'b', 'done')
    await it.tell(begin)
    await sleep(1_000)
    await it.tell(end)
    expect(await worker.told('over')).toMatchObject({ status: 'succeeded' })
    await wentThrough(it.lab)
    await worker.close()
  })

  test.for(refusals)('that %s for longer than the lease loses the run for its process', async ([, begin, end]) => {
    await using it = await broken()
    const worker = it.lab.worker({ starts: startsOf(2_000), leaseMs: 1_000 })
    await it.lab.seen(ID, 'b', 'done')
    await it.tell(begin)
    expect(await worker.told('over')).toMatchObject({ status: 'cancelled', code: 'LEASE_LOST' })
    await it.tell(end)
    const heir = it.lab.worker({ recovers: true })
    expect(await it.lab.until(ID, hasEnded)).toMatchObject({ status: 'succeeded', crashes: 1 })
    await Promise.all([worker.close(), heir.close()])
  })
})

describe.concurrent('a network to a Redis server', () => {
  /** A worker that reaches the server by a network that can be broken. */
  async function remote(leaseMs: number, ms: number) {
    const it = await broken()
    const proxy = await startProxy(it.server.port)
    const worker = it.lab.worker({ starts: startsOf(ms), leaseMs }, `redis://127.0.0.1:${proxy.port}`)
    return {
      ...it,
      proxy,
      worker,
      [Symbol.asyncDispose]: async () => {
        await it[Symbol.asyncDispose]()
        await proxy[Symbol.asyncDispose]()
      },
    }
  }

  test.for([
    ['is cut', 'cut'],
    ['answers nothing', 'stall'],
  ] as const)('that %s for a while interrupts nothing', async ([, mode]) => {
    await using it = await remote(10_000, 200)
    await it.lab.seen(ID, 'b', 'done')
    it.proxy.turn(mode)
    await sleep(1_000)
    // What was stalled is gone: the connection does not know how much of it arrived.
    it.proxy.turn('cut')
    it.proxy.turn('pass')
    expect(await it.worker.told('over')).toMatchObject({ status: 'succeeded' })
    await wentThrough(it.lab)
    await it.worker.close()
  })

  test.for([
    ['is cut', 'cut'],
    ['answers nothing', 'stall'],
  ] as const)('that %s for good loses the run for its process', async ([, mode]) => {
    await using it = await remote(1_000, 2_500)
    await it.lab.seen(ID, 'long', 'begin')
    it.proxy.turn(mode)
    expect(await it.worker.told('over')).toMatchObject({ status: 'cancelled', code: 'LEASE_LOST' })
    const heir = it.lab.worker({ recovers: true })
    expect(await it.lab.until(ID, hasEnded)).toMatchObject({ status: 'succeeded', crashes: 1 })
    await heir.close()
  })

  test('that loses replies leaves in doubt what was recorded: it is asked again, and recorded once', async () => {
    await using it = await remote(10_000, 500)
    await it.lab.seen(ID, 'a', 'begin')
    it.proxy.turn('lose')
    expect(await it.worker.told('over')).toMatchObject({ status: 'succeeded' })
    expect(it.proxy.lost()).toBeGreaterThan(3)
    await wentThrough(it.lab)
  })
})
