import type { Schema } from './schema.ts'

/**
 * How a step does its work. The scheduler does not look at it: to it all are nodes.
 * - `step` calls a function, `call` runs another pipeline, `loop` runs one repeatedly, `map` does either for each item
 * - `select` answers with the first of its sources that succeeded; `fallback` is a `select` that fails when none did
 */
export type NodeKind = 'step' | 'map' | 'call' | 'loop' | 'select' | 'fallback'

/** In `GraphNode.sources`: the input of the pipeline. */
export const INPUT = -1

// Shared by the many nodes that have none.
export const NO_NODES: readonly number[] = Object.freeze([])
export const NO_ENTRIES: Readonly<Record<string, never>> = Object.freeze({})

/** User code of a node. Which fields are there depends on the kind; the builder has checked them. */
export interface NodeCode {
  /** `step`: `(needs, ctx)`. `map`: `(item, ctx)`. */
  readonly run?: (value: never, context: never) => unknown
  readonly undo?: (output: never, context: never) => unknown
  readonly when?: (needs: never) => unknown
  /** `call`, `loop`: makes the input of the inner pipeline. */
  readonly input?: (needs: never) => unknown
  /** `map`: the items. */
  readonly over?: (needs: never, context: never) => unknown
  /** `map`: the key of an item. */
  readonly key?: (item: never, index: never) => unknown
  /** `loop`: whether the state is good enough. */
  readonly until?: (state: never, iterations: never) => unknown
}

/**
 * A step of a pipeline, as data. All of it is frozen. Where every node is looked at, count through the lists: `for…of`
 * takes seven times as long for a frozen one, and makes an object for each element.
 */
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
  /** How deep pipelines are nested in it: 0 when it has none inside. */
  readonly depth: number
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
