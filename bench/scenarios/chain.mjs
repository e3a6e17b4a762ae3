// A chain of steps, each `async (x) => x + 1` of the one before.
import { aheadOf, atMost } from '../lib/bars.mjs'
import { loadPeer } from '../lib/peer.mjs'
import { expect, increments } from '../lib/work.mjs'

const pipes = ['pipe', 'pipe:recorded', 'pipe:observed']
const others = ['async', 'tapable', 'effect', 'p-graph', 'rxjs', 'listr2', 'xstate', 'mastra', 'langgraph']

export const cases = [10, 1000].map((steps) => ({
  name: `chain-${steps}`,
  title: `${steps} steps, one after the other`,
  unit: 'step',
  config: { steps },
  limit: 'hand',
  peers: ['hand', ...pipes, ...others],
  bars: {
    pipe: atMost(1.5),
    'pipe:recorded': [atMost(4), aheadOf('async')],
    'pipe:observed': [atMost(4), aheadOf('async')],
  },
}))

export async function prepare(name, { steps }) {
  const { peer, variant } = await loadPeer(name)
  const chain = peer.chain(increments(steps), variant)
  return { units: steps, run: () => chain(5), check: (answer) => expect(answer, 5 + steps, 'answer') }
}
