// Many independent steps, and one that needs all of them.
import { atMost } from '../lib/bars.mjs'
import { loadPeer } from '../lib/peer.mjs'
import { expect, increments, sum } from '../lib/work.mjs'

export const cases = [
  {
    name: 'wide-1000',
    title: '1,000 steps side by side, and one that joins them',
    unit: 'step',
    config: { steps: 1000 },
    limit: 'hand',
    peers: ['hand', 'pipe', 'pipe:recorded', 'async', 'effect', 'p-graph', 'rxjs', 'listr2', 'mastra', 'langgraph'],
    bars: { pipe: atMost(2) },
  },
]

export async function prepare(name, { steps }) {
  const { peer, variant } = await loadPeer(name)
  const wide = peer.wide(increments(steps), sum, variant)
  return { units: steps, run: () => wide(5), check: (answer) => expect(answer, 6 * steps, 'answer') }
}
