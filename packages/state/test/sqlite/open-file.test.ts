import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, onTestFinished, test } from 'vitest'
import { sqliteStore } from '../../src/index.ts'
import { folder, has, newFile, openStore } from './folder.ts'
import { startWorker } from './worker.ts'

/** What opening the file says. */
const refusal = async (file: string) => {
  const store = sqliteStore({ file })
  const error: unknown = await store.open().catch((error: unknown) => error)
  await store.close()
  return error
}

const request = { owner: 'me', leaseMs: 30_000, maxCrashes: 5 }

/** What the first version made. */
const VERSION_1 = `
  CREATE TABLE pipe_state (one INTEGER PRIMARY KEY CHECK (one = 1), version INTEGER NOT NULL, fence INTEGER NOT NULL)
    STRICT;
  CREATE TABLE pipe_runs (
    place INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    pipeline TEXT NOT NULL,
    status TEXT NOT NULL,
    command TEXT NOT NULL,
    owner TEXT,
    fence INTEGER NOT NULL,
    lease_until INTEGER NOT NULL,
    crashes INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    ended_at INTEGER,
    reason TEXT,
    outcome TEXT
  ) STRICT;
  CREATE INDEX pipe_runs_by_status ON pipe_runs (status, created_at, place);
  CREATE INDEX pipe_runs_by_pipeline ON pipe_runs (pipeline, status, created_at, place);
  CREATE INDEX pipe_runs_by_lease ON pipe_runs (lease_until) WHERE status = 'running';
  CREATE INDEX pipe_runs_by_end ON pipe_runs (status, ended_at, place) WHERE ended_at IS NOT NULL;
  CREATE TABLE pipe_data (place INTEGER PRIMARY KEY, data TEXT NOT NULL) STRICT;
  CREATE TABLE pipe_entries (run INTEGER NOT NULL, key TEXT NOT NULL, final INTEGER NOT NULL, value TEXT NOT NULL, UNIQUE (run, key)) STRICT;
  CREATE TABLE pipe_trash (place INTEGER PRIMARY KEY) STRICT;
  INSERT INTO pipe_state (one, version, fence) VALUES (1, 1, 7);
`

const ask = <T>(file: string, look: (db: DatabaseSync) => T): T => {
  const db = new DatabaseSync(file)
  try {
    return look(db)
  } finally {
    db.close()
  }
}

describe('opening', () => {
  test('makes the folders and the file', async () => {
    const file = join(folder(), 'a', 'b', 'runs.db')
    await openStore({ file })
    expect(existsSync(file)).toBe(true)
  })

  test('again finds what is there', async () => {
    const file = newFile()
    for (let times = 0; times < 2; times++) await openStore({ file })
    expect(ask(file, (db) => db.prepare('SELECT version FROM pipe_state').all())).toEqual([{ version: 2 }])
  })

  test('brings the tables of the first version up to date, with the runs that are in them', async () => {
    const file = newFile()
    ask(file, (db) => {
      db.exec(VERSION_1)
      const add = db.prepare(`
        INSERT INTO pipe_runs (id, pipeline, status, command, owner, fence, lease_until, crashes, created_at, updated_at, ended_at)
        VALUES (?, 'bill', ?, ?, 'me', 7, ?, 0, 1, 1, ?)`)
      const soon = Date.now() + 3_600_000
      add.run('running', 'running', 'run', soon, null)
      add.run('stalled', 'running', 'run', 5, null)
      add.run('paused', 'blocked', 'pause', 0, null)
      add.run('cancelling', 'running', 'cancel', soon, null)
      add.run('failed', 'failed', 'cancel', 0, 9)
      db.exec("INSERT INTO pipe_data SELECT place, 'data of ' || id FROM pipe_runs")
      db.exec("INSERT INTO pipe_entries VALUES (1, 'k', 1, 'v')")
    })
    const store = await openStore({ file })
    for (const state of ['running', 'stalled', 'paused', 'cancelling', 'failed'] as const) {
      const { items } = await store.list({ states: [state], pipeline: 'bill' }, 10)
      expect(items).toMatchObject([{ id: state, data: `data of ${state}`, fence: 7 }])
    }
    expect(await store.commit('running', 7, [{ key: 'l', value: 'w', final: true }])).toBe(true)
    expect((await store.entries('running')).items).toMatchObject([{ key: 'k' }, { key: 'l' }])
    expect((await store.acquire({ id: 'stalled', pipeline: '-', data: '' }, request)).fence).toBeGreaterThan(7)
  })

  test('leaves other tables of the file alone', async () => {
    const file = newFile()
    ask(file, (db) => db.exec('CREATE TABLE mine (a TEXT); INSERT INTO mine VALUES (1)'))
    await openStore({ file })
    expect(ask(file, (db) => db.prepare('SELECT a FROM mine').all())).toEqual([{ a: '1' }])
  })

  test.each([
    ['normal', 1],
    ['full', 2],
  ] as const)('with `synchronous: %s` asks SQLite for that', async (synchronous, level) => {
    const { openFile } = await import('../../src/sqlite/open-file.ts')
    const { systemClock } = await import('@pipe/core')
    const { db } = await openFile({ file: newFile(), busyTimeoutMs: 0, synchronous, clock: systemClock })
    expect(db.prepare('PRAGMA synchronous').get()).toEqual({ synchronous: level })
    db.close()
  })

  test('refuses what is no database, and leaves it as it is', async () => {
    const file = newFile()
    writeFileSync(file, 'Dear diary, '.repeat(1_000))
    expect(await refusal(file)).toMatchObject({
      code: 'STORE_UNFIT',
      message: has(/is not a SQLite database\. Name another file/),
      cause: { errcode: 26 },
    })
    expect(readFileSync(file, 'utf8')).toMatch(/^Dear diary/)
  })

  test('refuses tables of a newer version', async () => {
    const file = newFile()
    await (await openStore({ file })).close()
    ask(file, (db) => db.exec('UPDATE pipe_state SET version = 3'))
    expect(await refusal(file)).toMatchObject({
      code: 'STORE_UNFIT',
      message: has('has tables of version 3; this @pipe/state knows 2. Upgrade @pipe/state'),
    })
  })

  test('refuses tables of these names that are not ours, and adds none', async () => {
    const file = newFile()
    ask(file, (db) => db.exec('CREATE TABLE pipe_runs (mine TEXT)'))
    expect(await refusal(file)).toMatchObject({ code: 'STORE_UNFIT' })
    const tables = ask(file, (db) => db.prepare(`SELECT name FROM sqlite_schema WHERE type = 'table'`).all())
    expect(tables).toEqual([{ name: 'pipe_runs' }])
  })

  test('refuses a file that may not be written', async () => {
    const file = newFile()
    await (await openStore({ file })).close()
    chmodSync(file, 0o444)
    chmodSync(dirname(file), 0o555)
    onTestFinished(() => chmodSync(dirname(file), 0o755))
    const { lines, ended } = startWorker(['unprivileged', file])
    await ended
    expect(lines).toEqual([has(/^STORE_UNFIT: The file .* cannot be written\. Give this process/)])
  })

  test('says so when the file cannot be made', async () => {
    const path = folder()
    mkdirSync(join(path, 'folder'))
    writeFileSync(join(path, 'file'), '')
    expect(await refusal(join(path, 'folder'))).toMatchObject({ code: 'STORE_UNAVAILABLE', cause: { errcode: 14 } })
    expect(await refusal(join(path, 'file', 'runs.db'))).toMatchObject({
      code: 'STORE_UNAVAILABLE',
      message: has('cannot be made. Look whether its folder is one'),
    })
  })

  test('may be tried again', async () => {
    const file = newFile()
    writeFileSync(file, 'x'.repeat(1_000))
    const store = sqliteStore({ file })
    onTestFinished(() => store.close())
    await expect(store.open()).rejects.toMatchObject({ code: 'STORE_UNFIT' })
    writeFileSync(file, '')
    await store.open()
    expect(await store.get('run')).toBeUndefined()
  })

  test('without node:sqlite is refused with what is needed; importing is not', async () => {
    const { lines, ended } = startWorker(['open', newFile()], undefined, ['--no-experimental-sqlite'])
    await ended
    expect(lines).toEqual([has(/^STORE_UNFIT: .*node:sqlite is needed, of Node 22\.16 or later; this is v/)])
  })
})
