import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '@pipe/core'
import { sqliteStore } from '@pipe/state'
import { describe, test } from 'vitest'
import { describeStore, type StoreBackend } from '../src/index.ts'

/** Every client opens the file for itself, as a process would. What a killed process leaves are the files as they are then. */
function backendIn(folder: string, later = 0): StoreBackend {
  const clock = { ...systemClock, now: () => Date.now() + later }
  return {
    client: () => sqliteStore({ file: join(folder, 'runs.db'), clock }),
    advance: (ms) => void (later += ms),
    adjust: (ms) => void (later += ms),
    reopen: () => {
      const copy = newFolder()
      cpSync(folder, copy, { recursive: true, filter: (path) => !path.endsWith('-shm') })
      return backendIn(copy, later)
    },
    remove: () => rmSync(folder, { recursive: true }),
  }
}

const newFolder = () => mkdtempSync(join(tmpdir(), 'pipe-sqlite-'))

describeStore('sqlite', () => backendIn(newFolder()), { describe, test })
