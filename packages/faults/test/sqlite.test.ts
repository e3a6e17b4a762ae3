import { execFileSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { doubleCommits } from '../src/audit.ts'
import { openLab } from '../src/lab.ts'
import { hasEnded } from '../src/reading.ts'

const ID = 'run-1'
const startsOf = (ms: number) => [{ id: ID, pipeline: 'thorough', input: { ms } }] as const

test('a lock on the file that is held for longer than the lease stops nothing for good', async () => {
  await using lab = await openLab('sqlite')
  const worker = lab.worker({ starts: startsOf(200), leaseMs: 500 })
  await lab.seen(ID, 'b', 'done')
  const db = new DatabaseSync(lab.at, { timeout: 5_000 })
  db.exec('BEGIN IMMEDIATE')
  const heir = lab.worker({ recovers: true })
  await sleep(1_000)
  db.exec('ROLLBACK')
  db.close()
  await lab.until(ID, hasEnded)
  // The one goes on or has lost its run to the other: both are right.
  const { status, code } = await worker.told('over')
  expect([status, code]).toEqual(status === 'succeeded' ? ['succeeded', undefined] : ['cancelled', 'LEASE_LOST'])
  await Promise.all([worker.close(), heir.close()])
  const { run, entries } = await lab.readable(ID)
  expect(run).toMatchObject({ status: 'succeeded' })
  expect(doubleCommits(lab.ledger.read(), ID, entries)).toEqual([])
})

/** A disk of 2 MB, which only root may mount. */
function smallDisk() {
  const folder = mkdtempSync(join(tmpdir(), 'pipe-disk-'))
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', folder])
  return {
    folder,
    [Symbol.dispose]: () => {
      execFileSync('umount', [folder])
      rmSync(folder, { recursive: true })
    },
  }
}

/** Writes until there is no room left. */
function fill(file: string): void {
  const descriptor = openSync(file, 'w')
  try {
    for (let size = 65_536; size >= 1; size /= 16) {
      try {
        for (;;) writeSync(descriptor, Buffer.alloc(size))
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
      }
    }
  } finally {
    closeSync(descriptor)
  }
}

const mayMount = process.platform === 'linux' && process.getuid?.() === 0
if (!mayMount) console.warn('NOT TESTED: a full disk. Only root may mount one that is small enough.')

test.runIf(mayMount || process.env['CI'])('a full disk loses the run for its process, not for others', async () => {
  using disk = smallDisk()
  const filler = join(disk.folder, 'filler')
  await using lab = await openLab('sqlite', join(disk.folder, 'runs.db'))
  const worker = lab.worker({ starts: startsOf(3_000), leaseMs: 2_000 })
  await lab.seen(ID, 'long', 'begin')
  fill(filler)
  expect(await worker.told('over')).toMatchObject({ status: 'cancelled', code: 'LEASE_LOST' })
  await worker.close()
  expect(await lab.store.get(ID)).toMatchObject({ status: 'running' })

  rmSync(filler)
  const heir = lab.worker({ recovers: true })
  expect(await lab.until(ID, hasEnded)).toMatchObject({ status: 'succeeded', crashes: 1 })
  await heir.close()
  expect(doubleCommits(lab.ledger.read(), ID, (await lab.readable(ID)).entries)).toEqual([])
  const db = new DatabaseSync(lab.at)
  expect(db.prepare('PRAGMA integrity_check').all()).toEqual([{ integrity_check: 'ok' }])
  db.close()
})
