import { startMariadb } from '@pipe/config/servers/mariadb'
import { startPostgres } from '@pipe/config/servers/postgres'
import type { StateStore } from '@pipe/state'
import mysql from 'mysql2/promise'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Database, sqlStore, type SqlStoreOptions } from '../../src/index.ts'
import { aRun, request, select, tell, unavailable, unfit, until } from './support.ts'

/** A pool of the user, and what a test does with it besides. */
interface Pool {
  readonly db: Database
  /** A transaction that goes on until it is ended. */
  readonly begin: () => Promise<{ readonly tell: (sql: string) => Promise<unknown>; readonly end: () => Promise<void> }>
  readonly end: () => Promise<void>
}

function pgPool(url: string, max = 10): Pool {
  const db = new pg.Pool({ connectionString: url, max, idleTimeoutMillis: 0 })
  db.on('error', () => undefined)
  const begin = async () => {
    const client = await db.connect()
    await client.query('BEGIN')
    const end = async () => {
      await client.query('ROLLBACK')
      client.release()
    }
    return { tell: (sql: string) => client.query(sql), end }
  }
  return { db, begin, end: () => db.end() }
}

function mysqlPool(url: string, max = 10): Pool {
  const db = mysql.createPool({ uri: url, connectionLimit: max })
  const begin = async () => {
    const connection = await db.getConnection()
    await connection.query('BEGIN')
    const end = async () => {
      await connection.query('ROLLBACK')
      connection.release()
    }
    return { tell: (sql: string) => connection.query(sql), end }
  }
  return { db, begin, end: () => db.end() }
}

/** The two servers, which do the same in different words. */
const kinds = [
  {
    kind: 'PostgreSQL',
    start: () => startPostgres({ fsync: 'on' }),
    connect: pgPool,
    killed: async (db: Database) => {
      const mine = `pid <> pg_backend_pid() AND backend_type = 'client backend'`
      await select(db, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE ${mine}`)
    },
    user: (name: string) => `CREATE USER ${name} PASSWORD 'secret'`,
    waiting: `SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock'`,
  },
  {
    kind: 'MariaDB',
    start: () => startMariadb({ 'innodb-flush-log-at-trx-commit': 1, 'innodb-lock-wait-timeout': 2 }),
    connect: mysqlPool,
    killed: async (db: Database) => {
      const others = `id <> CONNECTION_ID() AND user <> 'system user'`
      for (const { id } of await select(db, `SELECT id FROM information_schema.processlist WHERE ${others}`))
        await tell(db, `KILL ${id}`).catch(() => undefined)
    },
    user: (name: string) => `CREATE USER ${name}@'127.0.0.1' IDENTIFIED BY 'secret'`,
    waiting: `SELECT id FROM information_schema.processlist WHERE command = 'Execute' AND id <> CONNECTION_ID()`,
  },
] as const

describe.each(kinds)('on a server of $kind', ({ kind, start, connect, killed, user, waiting }) => {
  let server: Awaited<ReturnType<typeof start>>
  let admin: Pool
  const pools: Pool[] = []
  let prefixes = 0
  const pool = (url = server.url, max?: number) => {
    const one = connect(url, max)
    pools.push(one)
    return one
  }
  /** An open store with a pool and tables of its own. */
  const opened = async (options: Partial<SqlStoreOptions> = {}): Promise<StateStore> => {
    const store = sqlStore({ db: pool().db, prefix: `t${++prefixes}_`, ...options })
    await store.open()
    return store
  }
  beforeAll(async () => {
    server = await start()
    admin = pool()
  })
  afterAll(async () => {
    await Promise.all(pools.map((one) => one.end().catch(() => undefined)))
    await server.stop()
  })

  test('what was confirmed is there when the server was killed and comes back', async () => {
    const store = await opened()
    const run = aRun()
    const { fence } = await store.acquire(run, request())
    await store.commit(run.id, fence!, [{ key: 'a', value: '1', final: true }])
    const before = await store.get(run.id)
    await server.down('SIGKILL')
    // Processes of PostgreSQL that serve connections may outlive it for a moment.
    await until(async () => (await store.get(run.id).catch(() => undefined)) === undefined)
    await expect(store.get(run.id)).rejects.toMatchObject(unavailable)
    await expect(store.commit(run.id, fence!, [])).rejects.toMatchObject(unavailable)
    await expect(store.renew(run.id, fence!, 1_000)).rejects.toMatchObject(unavailable)
    await server.up()
    await until(async () => (await store.get(run.id).catch(() => undefined)) !== undefined)
    expect(await store.get(run.id)).toEqual(before)
    expect((await store.entries(run.id)).items).toEqual([{ key: 'a', value: '1', final: true }])
    expect(await store.commit(run.id, fence!, [{ key: 'b', value: '2', final: true }])).toBe(true)
    await store.close()
  })

  test('connections that are killed fail the calls that use them, and no others', async () => {
    const store = await opened()
    const run = aRun()
    const { fence } = await store.acquire(run, request())
    let confirmed = 0
    let isOver = false
    const write = async () => {
      for (let i = 0; !isOver; i++) {
        const recorded = store.commit(run.id, fence!, [{ key: `k${i}`, value: `${i}`, final: true }])
        await recorded.then(
          () => confirmed++,
          (error: unknown) => expect(error).toMatchObject(unavailable),
        )
      }
    }
    const writing = write()
    for (let times = 0; times < 5; times++) {
      const before = confirmed
      await until(() => confirmed > before)
      await killed(admin.db)
    }
    isOver = true
    await writing
    // The last of them may have been killed since.
    const last = [{ key: 'last', value: '', final: true }]
    await until(() => store.commit(run.id, fence!, last).catch(() => false))
    const page = await store.entries(run.id)
    expect(page.items.length).toBeGreaterThan(confirmed)
    await store.close()
  })

  test.runIf(kind === 'PostgreSQL')(
    'a run that begins anew meanwhile is answered whole, with its new data',
    async () => {
      const store = await opened()
      const entries = `t${prefixes}_durable_entries`
      const run = aRun({ data: 'old' })
      const { fence } = await store.acquire(run, request())
      await store.release(run.id, fence!, 'waiting')
      const other = await admin.begin()
      await other.tell(`LOCK TABLE ${entries} IN EXCLUSIVE MODE`)
      const anew = store.acquire({ ...run, data: 'new' }, request({ anew: true }))
      await until(async () => (await select(admin.db, waiting)).length === 1)
      const paused = store.command(run.id, 'pause')
      await until(async () => (await select(admin.db, waiting)).length === 2)
      await other.end()
      expect((await anew).run.data).toBe('new')
      expect(await paused).toMatchObject({ command: 'pause', data: 'new' })
      await store.close()
    },
  )

  test('a run that somebody else has locked is waited for, and not for ever', async () => {
    const prefix = `t${++prefixes}_`
    const store = await opened({ prefix, timeout: 300 })
    const run = aRun()
    const { fence } = await store.acquire(run, request())
    const holder = await pool().begin()
    await holder.tell(`SELECT id FROM ${prefix}durable_runs FOR UPDATE`)
    const late = { ...unavailable, message: expect.stringContaining('no answer after 300 ms') as string }
    await expect(store.renew(run.id, fence!, 1_000)).rejects.toMatchObject(late)
    await expect(store.commit(run.id, fence!, [{ key: 'a', value: '1', final: true }])).rejects.toMatchObject(late)
    expect(await store.get(run.id)).toMatchObject({ status: 'running' })
    await holder.end()
    expect(await store.renew(run.id, fence!, 1_000)).toEqual({ command: 'run' })
    await store.close()
  })

  test('calls that are given up leave the pool to others, and nobody waiting on the server', async () => {
    const prefix = `t${++prefixes}_`
    const { db } = pool(server.url, 2)
    const store = await opened({ db, prefix, timeout: 300 })
    const run = aRun()
    const { fence } = await store.acquire(run, request())
    const holder = await pool().begin()
    await holder.tell(`SELECT id FROM ${prefix}durable_runs FOR UPDATE`)
    const entry = (key: string) => ({ key, value: '1', final: true })
    const calls = [
      () => store.renew(run.id, fence!, 1_000),
      () => store.commit(run.id, fence!, [entry('a')]),
      () =>
        store.commit(
          run.id,
          fence!,
          Array.from({ length: 60 }, (_, i) => entry(`b${i}`)),
        ),
    ]
    for (const call of [...calls, ...calls]) await expect(call()).rejects.toMatchObject(unavailable)
    // The pool of the application has two connections.
    expect(await select(db, 'SELECT 1 AS one')).toEqual([{ one: 1 }])
    await until(async () => (await select(admin.db, waiting)).length === 0)
    await holder.end()
    expect((await store.entries(run.id)).items).toEqual([])
    await store.close()
  })

  test('clients that purge the same runs at the same time forget each once', async () => {
    const prefix = `t${++prefixes}_`
    const stores = await Promise.all([opened({ prefix }), opened({ prefix }), opened({ prefix })])
    await Promise.all(
      Array.from({ length: 250 }, async () => {
        const run = aRun()
        const { fence } = await stores[0].acquire(run, request())
        await stores[0].commit(run.id, fence!, [{ key: 'a', value: '1', final: true }])
        await stores[0].end(run.id, fence!, 'succeeded', '')
      }),
    )
    const soon = (await stores[0].now()) + 1_000
    const forgotten = await Promise.all(stores.map((store) => store.purge(['succeeded', 'failed'], soon, 1_000)))
    expect(forgotten.reduce((sum, one) => sum + one)).toBe(250)
    for (const table of ['runs', 'entries', 'trash'])
      expect(await select(admin.db, `SELECT born FROM ${prefix}durable_${table}`)).toEqual([])
    await Promise.all(stores.map((store) => store.close()))
  })

  test('a pool that its owner has closed is said to be', async () => {
    const { db, end } = pool()
    const store = await opened({ db })
    await end()
    await expect(store.get('a')).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
    await store.close()
  })

  test('a user without rights, and one who is not let in, are told so', async () => {
    const name = `poor_${++prefixes}`
    await tell(admin.db, user(name))
    const prefix = `t${++prefixes}_`
    await (await opened({ prefix })).close()
    const address = (password: string) => {
      const url = new URL(server.url)
      url.username = name
      url.password = password
      return String(url)
    }
    const store = sqlStore({ db: pool(address('secret')).db, prefix, migrate: 'off' })
    await expect(store.open().then(() => store.get('a'))).rejects.toMatchObject(unfit)
    // PostgreSQL trusts whoever comes from this machine: a user that there is not is not let in.
    const stranger = new URL(server.url)
    stranger.username = 'nobody_knows'
    await expect(sqlStore({ db: pool(String(stranger)).db }).open()).rejects.toMatchObject(unfit)
    await expect(
      sqlStore({ db: pool(server.url.replace(/\/[a-z]+$/, '/no_such_database')).db }).open(),
    ).rejects.toMatchObject(unfit)
  })

  test('nobody there is said to be', async () => {
    const nowhere = new URL(server.url)
    nowhere.port = '1'
    await expect(sqlStore({ db: pool(String(nowhere)).db }).open()).rejects.toMatchObject({
      ...unavailable,
      message: expect.stringContaining('ECONNREFUSED') as string,
    })
  })
})

test('a server of MariaDB that takes no large packets is refused', async () => {
  const server = await startMariadb({ 'max-allowed-packet': '4M' })
  const db = mysql.createPool({ uri: server.url })
  await expect(sqlStore({ db }).open()).rejects.toMatchObject({
    ...unfit,
    message: expect.stringContaining('`max_allowed_packet` of the server is 4194304') as string,
  })
  await db.end()
  await server.stop()
})

test('a server of PostgreSQL that may only be read is not there for now', async () => {
  const server = await startPostgres()
  const one = pgPool(server.url)
  const store = sqlStore({ db: one.db })
  await store.open()
  const { run, fence } = await store.acquire(aRun(), request())
  const address = new URL(server.url)
  address.searchParams.set('options', '-c default_transaction_read_only=on')
  const other = pgPool(String(address))
  const reader = sqlStore({ db: other.db })
  await reader.open()
  expect(await reader.get(run.id)).toMatchObject({ status: 'running' })
  await expect(reader.commit(run.id, fence!, [])).rejects.toMatchObject(unavailable)
  await expect(reader.acquire(aRun(), request())).rejects.toMatchObject(unavailable)
  await Promise.all([store.close(), reader.close()])
  await Promise.all([one.end(), other.end()])
  await server.stop()
})

test('a server of MariaDB that may only be read is not there for now', async () => {
  const server = await startMariadb()
  const admin = mysql.createPool({ uri: server.url })
  await admin.query(`CREATE USER app@'127.0.0.1' IDENTIFIED BY 'secret'`)
  await admin.query(`GRANT ALL ON mysql.* TO app@'127.0.0.1'`)
  const db = mysql.createPool({ uri: server.url.replace('root@', 'app:secret@') })
  const store = sqlStore({ db })
  await store.open()
  const { run, fence } = await store.acquire(aRun(), request())
  await admin.query('SET GLOBAL read_only = 1')
  expect(await store.get(run.id)).toMatchObject({ status: 'running' })
  await expect(store.renew(run.id, fence!, 1_000)).rejects.toMatchObject(unavailable)
  await admin.query('SET GLOBAL read_only = 0')
  expect(await store.renew(run.id, fence!, 1_000)).toEqual({ command: 'run' })
  await store.close()
  await Promise.all([db.end(), admin.end()])
  await server.stop()
})
