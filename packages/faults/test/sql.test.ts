import { setTimeout as sleep } from 'node:timers/promises'
import { startMariadb } from '@pipe/config/servers/mariadb'
import { startPostgres } from '@pipe/config/servers/postgres'
import mysql from 'mysql2/promise'
import pg from 'pg'
import { describe, expect, test } from 'vitest'
import { doubleCommits } from '../src/audit.ts'
import { type Lab, openLab } from '../src/lab.ts'
import { hasEnded } from '../src/reading.ts'
import { startProxy } from '../src/proxy.ts'

const ID = 'run-1'
const startsOf = (ms: number) => [{ id: ID, pipeline: 'thorough', input: { ms } }] as const

/** Ends the connections of everybody else; each time by a connection of its own. */
async function killOnPostgres(connectionString: string): Promise<void> {
  const client = new pg.Client({ connectionString })
  client.on('error', () => undefined)
  await client.connect()
  const others = `pid <> pg_backend_pid() AND backend_type = 'client backend'`
  await client.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE ${others}`)
  await client.end()
}

async function killOnMariadb(uri: string): Promise<void> {
  const connection = await mysql.createConnection(uri)
  const others = `id <> CONNECTION_ID() AND user <> 'system user'`
  const [rows] = await connection.query<mysql.RowDataPacket[]>(
    `SELECT id FROM information_schema.processlist WHERE ${others}`,
  )
  for (const { id } of rows) await connection.query(`KILL ${Number(id)}`).catch(() => undefined) // it may have gone
  await connection.end()
}

/** The byte that says that a statement is executed, in the protocol of MySQL. */
const EXECUTES = 0x17

/** Of those that are meant, two of five: some calls send three, and nothing comes of one that never gets all answers. */
function twoOfFive(isMeant: (request: Buffer) => boolean): (request: Buffer) => boolean {
  let count = 0
  return (request) => isMeant(request) && ++count % 5 < 2
}

const kinds = [
  {
    backend: 'postgres',
    start: () => startPostgres({ fsync: 'on' }),
    kill: killOnPostgres,
    // Statements that are executed often have a name; each of them may change something.
    isChange: (request: Buffer) => request.includes('pipe_'),
  },
  {
    backend: 'mariadb',
    start: () => startMariadb({ 'innodb-flush-log-at-trx-commit': 1 }),
    kill: killOnMariadb,
    isChange: twoOfFive((request: Buffer) => request[4] === EXECUTES),
  },
] as const

type Kind = (typeof kinds)[number]

/** A server that tests may break, and a lab on it. */
async function broken({ backend, start }: Kind) {
  const server = await start()
  const lab = await openLab(backend, server.url)
  return {
    server,
    lab,
    [Symbol.asyncDispose]: async () => {
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

describe.for(kinds)('a server of $backend', (kind) => {
  test.concurrent('that is killed and comes back interrupts nothing', async () => {
    await using it = await broken(kind)
    const worker = it.lab.worker({ starts: startsOf(1_000), leaseMs: 20_000 })
    await it.lab.seen(ID, 'b', 'done')
    await it.server.down('SIGKILL')
    await sleep(300)
    await it.server.up()
    expect(await worker.told('over')).toMatchObject({ status: 'succeeded' })
    await wentThrough(it.lab)
    await worker.close()
  })

  test.concurrent('that stays away loses the run for its process, and another goes on when it is back', async () => {
    await using it = await broken(kind)
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

  test.concurrent('that ends all connections again and again interrupts nothing', async () => {
    await using it = await broken(kind)
    const worker = it.lab.worker({ starts: startsOf(1_000), leaseMs: 20_000 })
    await it.lab.seen(ID, 'a', 'begin')
    for (let times = 0; times < 10; times++) {
      await kind.kill(it.server.url)
      await sleep(100)
    }
    expect(await worker.told('over')).toMatchObject({ status: 'succeeded' })
    await wentThrough(it.lab)
    await worker.close()
  })
})

describe.for(kinds)('a network to a server of $backend', (kind) => {
  /** A worker that reaches the server by a network that can be broken. */
  async function remote(leaseMs: number, ms: number) {
    const it = await broken(kind)
    const proxy = await startProxy(it.server.port, kind.isChange)
    const near = new URL(it.server.url)
    near.port = String(proxy.port)
    const worker = it.lab.worker({ starts: startsOf(ms), leaseMs }, String(near))
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

  test.concurrent.for([
    ['is cut', 'cut'],
    ['answers nothing', 'stall'],
  ] as const)('that %s for a while interrupts nothing', async ([, mode]) => {
    await using it = await remote(20_000, 200)
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

  test.concurrent('that answers nothing for good loses the run for its process', async () => {
    await using it = await remote(1_000, 2_500)
    await it.lab.seen(ID, 'long', 'begin')
    it.proxy.turn('stall')
    expect(await it.worker.told('over')).toMatchObject({ status: 'cancelled', code: 'LEASE_LOST' })
    const heir = it.lab.worker({ recovers: true })
    expect(await it.lab.until(ID, hasEnded)).toMatchObject({ status: 'succeeded', crashes: 1 })
    await heir.close()
  })

  test.concurrent(
    'that loses answers leaves in doubt what was recorded: it is asked again, and recorded once',
    async () => {
      await using it = await remote(20_000, 500)
      await it.lab.seen(ID, 'a', 'begin')
      it.proxy.turn('lose')
      expect(await it.worker.told('over')).toMatchObject({ status: 'succeeded' })
      expect(it.proxy.lost()).toBeGreaterThan(2)
      await wentThrough(it.lab)
    },
  )
})
