// Random graphs of layers; each node adds up what it needs. To define a graph is to make something of `{ id, needs, run }`
// that can run, with its mistakes found; a run is a run of that.
import { atMost } from '../lib/bars.mjs'
import { loadPeer } from '../lib/peer.mjs'
import { expect, randomGraph, sum } from '../lib/work.mjs'

const sizes = {
  '1k': { nodes: 1000, edges: 3000, layers: 10 },
  '10k': { nodes: 10_000, edges: 30_000, layers: 100 },
  '100k': { nodes: 100_000, edges: 300_000, layers: 1000 },
}
const sizeOf = ({ nodes, edges }) => `${nodes.toLocaleString('en')} nodes, ${edges.toLocaleString('en')} edges`

const runs = (size, more) => ({
  name: `graph-${size}`,
  title: `a run of ${sizeOf(sizes[size])}`,
  unit: 'node',
  config: { size, phase: 'run' },
  limit: 'hand-ready',
  ...more,
})

export const cases = [
  runs('1k', {
    peers: ['hand-ready', 'hand', 'pipe', 'pipe:recorded', 'p-graph', 'effect', 'rxjs', 'async', 'langgraph'],
    bars: { pipe: atMost(1, 'hand-ready') },
  }),
  runs('10k', {
    peers: ['hand-ready', 'hand', 'pipe', 'pipe:recorded', 'p-graph', 'effect', 'rxjs'],
    bars: { pipe: atMost(1, 'hand-ready') },
  }),
  runs('100k', {
    peers: ['hand-ready', 'hand', 'pipe', 'p-graph'],
    bars: { pipe: atMost(1, 'hand-ready') },
    processes: 2,
  }),
  {
    name: 'graph-define',
    title: `the definition of ${sizeOf(sizes['10k'])}`,
    unit: 'node',
    config: { size: '10k', phase: 'define' },
    limit: 'hand',
    peers: ['hand', 'pipe', 'pipe:unplanned', 'p-graph'],
    bars: { pipe: atMost(2) },
  },
]

export async function prepare(name, { size, phase }) {
  const { peer, variant } = await loadPeer(name)
  const { nodes, total } = randomGraph(sizes[size])
  if (phase === 'define') {
    await checked(peer, variant)
    const check = (defined) => expect(typeof defined, 'object', 'definition')
    return { units: nodes.length, run: () => peer.graph.define(nodes, variant), check }
  }
  const defined = peer.graph.define(nodes)
  const check = (values) => {
    expect(values.length, nodes.length, 'number of values')
    expect(sum(values), total, 'total')
  }
  return { units: nodes.length, run: () => peer.graph.run(defined, variant), check }
}

/** What `define` makes does run: shown on a small graph. */
async function checked({ graph }, variant) {
  const { nodes, total } = randomGraph({ nodes: 200, edges: 600, layers: 10 })
  expect(sum(await graph.run(graph.define(nodes, variant))), total, 'total')
}
