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
    expect(ask(file, (db) => db.prepare('SELECT version FROM pipe_state').all())).toEqual([{ version: 1 }])
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
    ask(file, (db) => db.exec('UPDATE pipe_state SET version = 2'))
    expect(await refusal(file)).toMatchObject({
      code: 'STORE_UNFIT',
      message: has('has tables of version 2; this @pipe/state knows 1. Upgrade @pipe/state'),
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
