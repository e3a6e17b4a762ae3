import type { Schema } from './schema.ts'

/**
 * How a step does its work. The scheduler does not look at it: to it all are nodes.
 * - `step` calls a function, `call` runs another pipeline, `loop` runs one repeatedly, `map` does either for each item
 * - `select` answers with the first of its sources that succeeded; `fallback` is a `select` that fails when none did
 */
export type NodeKind = 'step' | 'map' | 'call' | 'loop' | 'select' | 'fallback'

/** In `GraphNode.sources`: the input of the pipeline. */
export const INPUT = -1

/** User code of a node. Which fields are there depends on the kind; the builder has checked them. */
interface NodeCode {
  /** `step`: `(needs, ctx)`. `map`: `(item, ctx)`. */
  readonly run?: (value: never, context: never) => unknown
  readonly undo?: (output: never, context: never) => unknown
  readonly when?: (needs: never) => unknown
  /** `call`, `loop`: makes the input of the inner pipeline. */
  readonly input?: (needs: never) => unknown
  /** `map`: the items. */
  readonly over?: (needs: never) => unknown
  /** `map`: the key of an item. */
  readonly key?: (item: never, index: never) => unknown
  /** `loop`: whether the state is good enough. */
  readonly until?: (state: never, iterations: never) => unknown
}

/** A step of a pipeline, as data. */
export interface GraphNode {
  /** Position in declaration order. Every edge leads from a smaller to a larger index, so there are no cycles. */
  readonly index: number
  /** Unique in the pipeline. */
  readonly id: string
  readonly kind: NodeKind
  /** Names of what it reads, in the order of `sources`; `null` when it reads an array. */
  readonly names: readonly string[] | null
  /** Indexes of the nodes it reads; -1 is the pipeline's input. */
  readonly sources: readonly number[]
  /** Indexes of the nodes that come first without being read. */
  readonly after: readonly number[]
  /** Index of the alternative whose failure this node answers to, or -1. Only the alternatives of a fallback have one. */
  readonly rescues: number
  /** Indexes of all nodes that must settle before it starts: sources, `after` and `rescues`, ascending, each once. */
  readonly before: readonly number[]
  /** Whether a failure leaves the run going. */
  readonly optional: boolean
  /** Service ids by local name. */
  readonly uses: Readonly<Record<string, string>>
  /** Options owned by plugins. */
  readonly options: Readonly<Record<string, unknown>>
  readonly version: string | undefined
  /** `map`: most items at a time, `Infinity` for no limit. `loop`: most iterations. Otherwise 0. */
  readonly limit: number
  /** `map`: whether an item may fail, leaving `undefined` in its place. */
  readonly optionalItems: boolean
  /** Schema of the output. */
  readonly output: Schema | undefined
  /** The inner pipeline of `call`, `loop` and a `map` over a pipeline. */
  readonly inner: GraphOwner | undefined
  readonly code: NodeCode
}

/** What the graph of a pipeline returns: one node's output, or a record of them. */
interface GraphOutput {
  readonly names: readonly string[] | null
  readonly sources: readonly number[]
  /** Whether the output is the value of the only source itself, not a record. */
  readonly single: boolean
}

/** The frozen graph of a pipeline: pure data and the user's functions. */
export interface Graph {
  readonly nodes: readonly GraphNode[]
  readonly output: GraphOutput
}

/** Something that has a graph: a pipeline without its types. */
export interface GraphOwner {
  readonly name: string
  readonly version: string | undefined
  readonly input: Schema | undefined
  readonly graph: Graph
}

/** The `before` of a node with these edges. */
export function beforeOf(sources: readonly number[], after: readonly number[], rescues: number): readonly number[] {
  const before: number[] = []
  for (const source of sources) if (source !== INPUT) before.push(source)
  for (const index of after) before.push(index)
  if (rescues >= 0) before.push(rescues)
  return before.length > FEW ? [...new Set(before)].sort((a, b) => a - b) : ascending(before)
}

/** So many numbers are sorted faster by insertion: three times, where a graph of 10,000 steps spent a third on it. */
const FEW = 16

/** Sorts a short list, and leaves each number in it once. */
function ascending(list: number[]): readonly number[] {
  let size = 0
  for (const index of list) {
    let at = size
    while (at > 0 && list[at - 1]! > index) at--
    if (at > 0 && list[at - 1] === index) continue
    for (let i = size++; i > at; i--) list[i] = list[i - 1]!
    list[at] = index
  }
  list.length = size
  return list
}

/** Freezes the data of a graph; what is not its own (pipelines, schemas, option values of plugins) stays as it is. */
export function freezeGraph(graph: Graph): Graph {
  for (const node of graph.nodes) {
    Object.freeze(node)
    Object.freeze(node.sources)
    Object.freeze(node.before)
    Object.freeze(node.code)
    // Most have none of these: the empty ones are shared, and frozen already.
    for (const part of [node.names, node.after, node.uses, node.options])
      if (!Object.isFrozen(part)) Object.freeze(part)
  }
  for (const part of [graph.nodes, graph.output.names, graph.output.sources, graph.output]) Object.freeze(part)
  return Object.freeze(graph)
}
