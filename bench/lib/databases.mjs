/** Databases of scenarios: servers, which the parent starts, and an empty database of its own for each process. */
import { mkdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { startMariadb } from '@pipe/config/servers/mariadb'
import { startPostgres } from '@pipe/config/servers/postgres'
import BetterSqlite3 from 'better-sqlite3'
import mysql from 'mysql2/promise'
import pg from 'pg'

/** As they come: what is committed survives the machine. */
const servers = {
  postgres: () => startPostgres({ fsync: 'on' }),
  mariadb: () => startMariadb({ 'innodb-flush-log-at-trx-commit': 1 }),
}

/** Starts the servers that databases of these kinds need: `urls` of each, and `stop`. */
export async function startServers(kinds) {
  const started = []
  const stop = async () => {
    for (const [, server] of started) await server.stop()
  }
  try {
    for (const kind of kinds) if (kind in servers) started.push([kind, await servers[kind]()])
  } catch (error) {
    await stop()
    throw error
  }
  return { urls: Object.fromEntries(started.map(([kind, { url }]) => [kind, url])), stop }
}

/**
 * Opens an empty database of a kind, for the process that is called `name`: `db` is the object of its library. `rows` of
 * a query are objects.
 */
export const openDatabase = (kind, urls, name) => kinds[kind](urls[kind] ?? name)

/** The process is killed when it is done: the next one of its name tidies up. */
function emptyFile(name) {
  const folder = join(tmpdir(), `pipe-bench-${name.replaceAll(/\W/g, '-')}`)
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder)
  return join(folder, 'history.db')
}

function sqlite(db, wal) {
  if (wal) db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL')
  return { db, dialect: 'sqlite', rows: async (sql) => db.prepare(sql).all() }
}

const kinds = {
  /** As SQLite is when nobody says anything: a rollback journal, synchronous. */
  'sqlite-journal': (name) => sqlite(new DatabaseSync(emptyFile(name)), false),
  sqlite: (name) => sqlite(new DatabaseSync(emptyFile(name)), true),
  'better-sqlite3': (name) => sqlite(new BetterSqlite3(emptyFile(name)), true),

  async postgres(url) {
    const location = new URL(url)
    location.pathname = `/bench_${process.pid}`
    const server = new pg.Pool({ connectionString: url, max: 1 })
    await server.query(`CREATE DATABASE bench_${process.pid}`)
    await server.end()
    const db = new pg.Pool({ connectionString: String(location) })
    return { db, dialect: 'postgres', rows: async (sql) => (await db.query(sql)).rows }
  },

  async mariadb(url) {
    const location = new URL(url)
    location.pathname = `/bench_${process.pid}`
    const server = await mysql.createConnection(url)
    await server.query(`CREATE DATABASE bench_${process.pid} CHARACTER SET utf8mb4`)
    await server.end()
    const db = mysql.createPool({ uri: String(location) })
    return { db, dialect: 'mysql', rows: async (sql) => (await db.query(sql))[0] }
  },
}
