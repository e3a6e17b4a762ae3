// What it costs to keep the result of a step: beside one INSERT of the same row, both in WAL mode with `synchronous` normal.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { atMost, nsAtMost } from '../lib/bars.mjs'
import { loadPeer } from '../lib/peer.mjs'
import { expect } from '../lib/work.mjs'

export const cases = [
  {
    name: 'sqlite-commits',
    title: 'results of 100 bytes kept in a SQLite file, one by one and 20 at a time',
    unit: 'result',
    limit: 'node-sqlite',
    config: { entries: 200 },
    peers: ['node-sqlite', 'pipe-sqlite', 'pipe-sqlite:grouped'],
    bars: { 'pipe-sqlite': atMost(1.5, 'node-sqlite'), 'pipe-sqlite:grouped': nsAtMost(25_000) },
  },
]

export async function prepare(name, { entries: count }) {
  const { peer, variant } = await loadPeer(name)
  const folder = mkdtempSync(join(tmpdir(), 'pipe-bench-'))
  const commit = await peer.commits(join(folder, 'runs.db'), variant)
  // The process is killed when it is done. Until then it uses files that nobody finds, and they are gone with it.
  rmSync(folder, { recursive: true })
  const value = JSON.stringify({ status: 'succeeded', output: { id: 42, text: 'x'.repeat(50) } })
  let written = 0
  return {
    units: count,
    run: () => commit(Array.from({ length: count }, () => ({ key: `charge/${written++}`, value, final: true }))),
    check: (answer) => expect(answer, true, 'answer'),
  }
}
