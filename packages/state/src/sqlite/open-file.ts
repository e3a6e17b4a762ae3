import { PipelineError } from '@pipe/core'
import type { DatabaseSync } from 'node:sqlite'
import type { SqliteSettings } from './options.ts'
import { HELD_UP_MS, patiently } from './patience.ts'
import { migrate } from './schema.ts'

/** An open file, with the tables of this version in it. */
export interface OpenFile {
  readonly db: DatabaseSync
  /** Whether the file is still where it was: who deletes or replaces it leaves the store with one that nobody finds. */
  isThere(): boolean
}

/**
 * Opens the file, and makes what is missing: folders, file, tables.
 *
 * @throws PipelineError `STORE_UNFIT` without a `node:sqlite` that fits; what SQLite throws
 */
export async function openFile(settings: SqliteSettings): Promise<OpenFile> {
  const { file, busyTimeoutMs, synchronous } = settings
  const { Database, fs, path } = builtIns()
  const inMemory = file === ':memory:'
  const location = inMemory ? file : path.resolve(file)
  if (!inMemory) fs.mkdirSync(path.dirname(location), { recursive: true })
  const db = new Database(location, { timeout: Math.min(HELD_UP_MS, busyTimeoutMs) })
  try {
    await patiently(() => {
      const mode = db.prepare('PRAGMA journal_mode = WAL').get()?.['journal_mode']
      if (!inMemory && mode !== 'wal')
        throw unfit(`the file system of ${location} has no shared memory. Use a local disk`)
    }, busyTimeoutMs)
    db.exec(`PRAGMA synchronous = ${synchronous}`)
    await patiently(() => {
      db.exec('BEGIN IMMEDIATE')
      try {
        migrate(db, location)
        db.exec('COMMIT')
      } catch (error) {
        if (db.isTransaction) db.exec('ROLLBACK')
        throw error
      }
    }, busyTimeoutMs)
    const identity = () => {
      const { ino, dev } = fs.statSync(location, { throwIfNoEntry: false }) ?? {}
      return `${dev} ${ino}`
    }
    const opened = inMemory ? '' : identity()
    return { db, isThere: () => inMemory || identity() === opened }
  } catch (error) {
    db.close()
    throw error
  }
}

/** Looked up late: importing this package never fails, whatever runs it, and Node 22 warns only who uses SQLite. */
function builtIns() {
  const runtime = (globalThis as { process?: Partial<NodeJS.Process> }).process
  const [sqlite, fs, path] = [
    runtime?.getBuiltinModule?.('node:sqlite'),
    runtime?.getBuiltinModule?.('node:fs'),
    runtime?.getBuiltinModule?.('node:path'),
  ]
  // Came with the options that are needed, and can be seen.
  const fits = sqlite !== undefined && 'columns' in sqlite.StatementSync.prototype
  if (!fits || fs === undefined || path === undefined)
    throw unfit(`node:sqlite is needed, of Node 22.16 or later; this is ${runtime?.version ?? 'another runtime'}`)
  return { Database: sqlite.DatabaseSync, fs, path }
}

const unfit = (why: string) => new PipelineError('STORE_UNFIT', `The sqlite store cannot be opened: ${why}.`)
