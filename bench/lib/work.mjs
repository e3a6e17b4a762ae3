/** The work of the user: the same functions for every peer. */

export const increment = async (x) => x + 1

/** `count` functions to chain or to run side by side. */
export const increments = (count) => Array.from({ length: count }, () => async (x) => x + 1)

export const sum = (values) => {
  let total = 0
  for (const value of values) total = (total + value) | 0
  return total
}

const sumAndOne = async (values) => (sum(values) + 1) | 0

/** Numbers from 0 up to, not including, 1: the same ones for the same seed (mulberry32). */
function randomFrom(seed) {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}

/**
 * A random graph in layers: nodes `{ id, needs, run }`, where every node that is not in the first layer needs one or more
 * of the layer before, and others of the five layers before. Each node adds up what it needs, and one. They come in a
 * random order in which each follows what it needs. `total` is the sum of what all nodes return.
 */
export function randomGraph({ nodes: count, edges, layers }, seed = 42) {
  const random = randomFrom(seed)
  const below = (limit) => Math.floor(random() * limit)
  const width = count / layers
  const needs = Array.from({ length: count }, () => new Set())
  for (let node = width; node < count; node++) needs[node].add(Math.floor(node / width - 1) * width + below(width))
  for (let edge = count - width; edge < edges;) {
    const node = width + below(count - width)
    const layer = Math.floor(node / width)
    const first = Math.max(0, layer - 5)
    const need = first * width + below((layer - first) * width)
    if (needs[node].has(need)) continue
    needs[node].add(need)
    edge++
  }

  const values = []
  for (const of of needs) values.push((sum([...of].map((need) => values[need])) + 1) | 0)

  const nodes = needs.map((of, node) => ({
    id: `n${node}`,
    needs: [...of].map((need) => `n${need}`),
    run: sumAndOne,
  }))
  for (let last = count - 1; last > 0; last--) {
    const other = below(last + 1)
    ;[nodes[last], nodes[other]] = [nodes[other], nodes[last]]
  }
  return { nodes: inOrder(nodes), total: sum(values) }
}

/** The nodes with what they need moved before them. */
function inOrder(nodes) {
  const byId = new Map(nodes.map((node) => [node.id, node]))
  const seen = new Set()
  const order = []
  const visit = (node) => {
    if (seen.has(node.id)) return
    seen.add(node.id)
    for (const need of node.needs) visit(byId.get(need))
    order.push(node)
  }
  nodes.forEach(visit)
  return order
}

/** A wrong answer gets no figure. */
export function expect(actual, expected, what) {
  if (actual !== expected) throw new Error(`wrong ${what}: expected ${expected}, got ${actual}`)
}
