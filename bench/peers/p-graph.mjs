import { PGraph } from 'p-graph'

// Nodes hand nothing to each other: what they return is kept beside the graph. So one graph has one run at a time.

export const chain = (functions) => {
  let current
  const nodes = functions.map((fn, index) => {
    const run = async () => {
      current = await fn(current)
    }
    return [`s${index}`, { run }]
  })
  const graph = new PGraph(
    new Map(nodes),
    functions.slice(1).map((_, index) => [`s${index}`, `s${index + 1}`]),
  )
  return async (value) => {
    current = value
    await graph.run()
    return current
  }
}

export const wide = (functions, join) => {
  const values = []
  let input
  let output
  const nodes = functions.map((fn, index) => {
    const run = async () => {
      values[index] = await fn(input)
    }
    return [`s${index}`, { run }]
  })
  const last = async () => {
    output = join(values)
  }
  const edges = nodes.map(([id]) => [id, 'join'])
  const graph = new PGraph(new Map([...nodes, ['join', { run: last }]]), edges)
  return async (value) => {
    input = value
    await graph.run()
    return output
  }
}

export const graph = {
  define: (nodes) => {
    const values = new Map()
    const entries = nodes.map(({ id, needs, run }) => {
      const keep = async () => {
        values.set(id, await run(needs.map((need) => values.get(need))))
      }
      return [id, { run: keep }]
    })
    const edges = nodes.flatMap(({ id, needs }) => needs.map((need) => [need, id]))
    return { graph: new PGraph(new Map(entries), edges), values }
  },
  run: async ({ graph, values }) => {
    values.clear()
    await graph.run()
    return [...values.values()]
  },
}
