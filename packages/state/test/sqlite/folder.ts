import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished } from 'vitest'
import { sqliteStore, type SqliteStoreOptions, type StateStore } from '../../src/index.ts'

/** A folder that is gone after the test. */
export function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'pipe-sqlite-'))
  onTestFinished(() => rmSync(path, { recursive: true }))
  return path
}

/** The path of a file, not yet there, in a folder that is gone after the test. */
export const newFile = (): string => join(folder(), 'runs.db')

/** An open store, on a file of its own unless one is named; closed after the test. */
export async function openStore(options: Partial<SqliteStoreOptions> = {}): Promise<StateStore> {
  const store = sqliteStore({ file: newFile(), ...options })
  onTestFinished(() => store.close())
  await store.open()
  return store
}

/** A text that has this in it. */
export const has = (part: string | RegExp): unknown =>
  typeof part === 'string' ? expect.stringContaining(part) : expect.stringMatching(part)
