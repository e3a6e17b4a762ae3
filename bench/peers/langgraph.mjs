import { Annotation, END, START, StateGraph } from '@langchain/langgraph'

process.env.LANGSMITH_TRACING = 'false'

const ids = (functions) => functions.map((_, index) => `s${index}`)

export const chain = (functions) => {
  const graph = new StateGraph(Annotation.Root({ value: Annotation() }))
  functions.forEach((fn, index) => {
    graph.addNode(`s${index}`, async ({ value }) => ({ value: await fn(value) }))
  })
  const path = [START, ...ids(functions), END]
  path.slice(1).forEach((id, index) => graph.addEdge(path[index], id))
  const app = graph.compile()
  return async (value) => (await app.invoke({ value }, { recursionLimit: functions.length + 5 })).value
}

export const wide = (functions, join) => {
  const values = Annotation({
    reducer: (all, value) => {
      all.push(value)
      return all
    },
    default: () => [],
  })
  const graph = new StateGraph(Annotation.Root({ value: Annotation(), values, total: Annotation() }))
  functions.forEach((fn, index) => {
    graph.addNode(`s${index}`, async ({ value }) => ({ values: await fn(value) })).addEdge(START, `s${index}`)
  })
  const app = graph
    .addNode('join', async ({ values }) => ({ total: join(values) }))
    .addEdge(ids(functions), 'join')
    .addEdge('join', END)
    .compile()
  return async (value) => (await app.invoke({ value })).total
}

export const graph = {
  /** Values go through one map that is changed in place: copying it for each node would be quadratic. */
  define: (nodes) => {
    const values = Annotation({
      reducer: (all, [id, value]) => all.set(id, value),
      default: () => new Map(),
    })
    const graph = new StateGraph(Annotation.Root({ values }))
    for (const { id, needs, run } of nodes) {
      graph.addNode(id, async ({ values }) => ({ values: [id, await run(needs.map((need) => values.get(need)))] }))
    }
    for (const { id, needs } of nodes) graph.addEdge(needs.length > 1 ? needs : (needs[0] ?? START), id)
    return graph.compile()
  },
  run: async (app) => {
    const { values } = await app.invoke({ values: ['', 0] }, { recursionLimit: 10_000 })
    values.delete('')
    return [...values.values()]
  },
}
