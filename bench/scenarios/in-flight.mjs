// Many runs of five steps at once: the third step waits at a gate until every run is there.
import { atMost } from '../lib/bars.mjs'
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

export async function prepare(name, { runs }) {
  const { peer, variant } = await loadPeer(name)
  let gate
  const functions = Array.from({ length: STEPS }, (_, index) => async (value) => gate.functions[index](value))
  const chain = peer.chain(functions, variant)
  const run = async () => {
    gate = gated(runs)
    const outputs = Array.from({ length: runs }, (_, index) => chain(index))
    const open = await gate.full
    open()
    return Promise.all(outputs)
  }
  const check = (outputs) =>
    expect(
      outputs.every((output, index) => output === index + STEPS),
      true,
      'outputs',
    )
  return { units: runs, run, check }
}
