import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sqliteStore } from '@pipe/state'
import { describe, test } from 'vitest'
import { describeStore } from '../src/index.ts'

/** Every client opens the file for itself, as a process would. */
describeStore(
  'sqlite',
  () => {
    const folder = mkdtempSync(join(tmpdir(), 'pipe-sqlite-'))
    const file = join(folder, 'runs.db')
    return { client: () => sqliteStore({ file }), remove: () => rmSync(folder, { recursive: true }) }
  },
  { describe, test },
)
