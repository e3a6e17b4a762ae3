import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'

/** A hundred bytes an item would be five million. */
const MOST = 5_000_000

test('100,000 items of a map, each logged, measured, traced, limited, recorded and some tried again, leave no memory behind', async () => {
  const program = fileURLToPath(new URL('support/many-items.ts', import.meta.url))
  const folder = mkdtempSync(join(tmpdir(), 'pipe-composition-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const flags = ['--expose-gc', '--conditions=@pipe/source']
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, program, join(folder, 'runs.db')])
  const heap = JSON.parse(stdout) as number[]
  expect(heap).toHaveLength(10)
  const [half = NaN, all = NaN] = [heap[4], heap[9]]
  expect(all - half, `bytes in use after each 10,000: ${stdout}`).toBeLessThan(MOST)
})
