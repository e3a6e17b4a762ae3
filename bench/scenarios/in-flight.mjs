// Many runs of five steps at once: the third step waits at a gate until every run is there.
import { atMost } from '../lib/bars.mjs'
import { size } from '../lib/format.mjs'
import { measured } from '../lib/measured.mjs'
import { loadPeer } from '../lib/peer.mjs'
import { expect, increment } from '../lib/work.mjs'

const STEPS = 5

export const cases = [
  {
    name: 'in-flight-time',
    title: '10,000 runs of 5 steps at once',
    unit: 'run',
    config: { runs: 10_000 },
    limit: 'hand',
    peers: ['hand', 'pipe', 'pipe:recorded', 'async', 'tapable', 'effect', 'rxjs'],
    bars: { pipe: atMost(1.5) },
  },
  {
    name: 'in-flight-memory',
    title: 'memory of 10,000 runs of 5 steps that are all at the gate',
    config: { runs: 10_000 },
    peers: ['hand', 'pipe', 'pipe:recorded', 'async', 'tapable', 'effect', 'rxjs', 'listr2', 'xstate', 'mastra'],
    table: measured({
      columns: ['heap in use per run', 'memory of the process per run'],
      cells: ({ heap, resident }) => [size(heap), size(resident)],
      bars: { pipe: { text: '≤ 2 kB', met: ({ heap }) => heap <= 2000 } },
    }),
  },
]

/** Five functions for so many runs, and `full`: resolves with a function that opens the gate when every run is at it. */
function gated(runs) {
  const gate = Promise.withResolvers()
  const full = Promise.withResolvers()
  let arrived = 0
  const wait = (value) => {
    if (++arrived === runs) full.resolve(gate.resolve)
    return gate.promise.then(() => value + 1)
  }
  return { functions: [increment, increment, wait, increment, increment], full: full.promise }
}

/** A chain whose five functions are those of `at.gate`. */
async function gatedChain(name, at) {
  const { peer, variant } = await loadPeer(name)
  const functions = Array.from({ length: STEPS }, (_, index) => async (value) => at.gate.functions[index](value))
  return peer.chain(functions, variant)
}

const startAll = (chain, runs) => Array.from({ length: runs }, (_, index) => chain(index))

const check = (outputs) =>
  expect(
    outputs.every((output, index) => output === index + STEPS),
    true,
    'outputs',
  )

export async function prepare(name, { runs }) {
  const at = {}
  const chain = await gatedChain(name, at)
  const run = async () => {
    at.gate = gated(runs)
    const outputs = startAll(chain, runs)
    const open = await at.gate.full
    open()
    return Promise.all(outputs)
  }
  return { units: runs, run, check }
}

/** Bytes per run, over what the process had before the first of them. */
export async function measure(name, { runs }) {
  const at = { gate: gated(1) }
  const chain = await gatedChain(name, at)
  const first = chain(0) // loads what is loaded late
  ;(await at.gate.full)()
  await first

  at.gate = gated(runs)
  const before = memory()
  const outputs = startAll(chain, runs)
  const open = await at.gate.full
  const resident = process.memoryUsage().rss
  const { heap } = memory()
  open()
  check(await Promise.all(outputs))
  return { heap: (heap - before.heap) / runs, resident: (resident - before.resident) / runs }
}

function memory() {
  globalThis.gc()
  globalThis.gc()
  const { heapUsed, rss } = process.memoryUsage()
  return { heap: heapUsed, resident: rss }
}
