// What it costs that a run survives its process: beside the same run that does not.
import { mkdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { nsAtMost } from '../lib/bars.mjs'
import { loadPeer } from '../lib/peer.mjs'
import { expect, increments } from '../lib/work.mjs'

const stores = ['pipe-durable:memory', 'pipe-durable:sqlite']

export const cases = [
  {
    name: 'durable-chain',
    title: '100 steps, one after the other, each recorded before the next',
    unit: 'step',
    config: { shape: 'chain', steps: 100 },
    limit: 'pipe',
    peers: ['pipe', ...stores],
  },
  {
    name: 'durable-wide',
    title: '1,000 steps side by side, recorded together',
    unit: 'step',
    config: { shape: 'wide', steps: 1_000 },
    limit: 'pipe-durable:memory',
    peers: stores,
    bars: { 'pipe-durable:sqlite': nsAtMost(25_000) },
  },
  {
    name: 'durable-resume',
    title: 'a run with 10,000 recorded steps that is resumed, and handed back',
    unit: 'step',
    config: { shape: 'resume', steps: 10_000 },
    limit: 'pipe-durable:memory',
    peers: stores,
  },
]

const answers = { chain: (steps) => 5 + steps, wide: (steps) => steps * 6, resume: (steps) => steps }

export async function prepare(name, { shape, steps }) {
  const { peer, variant } = await loadPeer(name)
  // The process is killed when it is done, and a store notices when its file is gone: the next one tidies up.
  const folder = join(tmpdir(), `pipe-bench-${shape}-${variant ?? name}`)
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder)
  // `pipe` has none: it is the same run without records.
  const run = await peer[shape](increments(steps), peer.storeOf?.(variant, folder))
  await run(5)
  return { units: steps, run: () => run(5), check: (answer) => expect(answer, answers[shape](steps), 'answer') }
}
