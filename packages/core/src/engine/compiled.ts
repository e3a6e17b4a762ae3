import type { GraphNode, GraphOwner, NodeKind } from '../graph.ts'
import type { AttemptMiddleware, FailurePolicy, StepInfo, StepMiddleware, UndoMiddleware } from '../plugin.ts'
import type { Topology } from '../scheduler.ts'
import type { Schema } from '../schema.ts'

/** Which outputs make up an object or an array. */
export interface Reads {
  /** Name and index of the only one; the name is `null` when there are several, or they make up an array. */
  readonly name: string | null
  readonly source: number
  readonly sources: readonly number[]
  /** `null` for an array. */
  readonly names: readonly string[] | null
}

/**
 * A node, or the items of a map, with what the plugins of a pipe have to do with it. What every start of a plain step
 * reads comes first: together it fills one line of the processor's cache.
 */
export interface CompiledNode extends Reads {
  /** Whether it is nothing but a function: no condition, schema, undo, nor a plugin that has to do with it. */
  readonly plain: boolean
  /** The function of a step or an item; `null` for a node that runs others. */
  readonly run: ((argument: unknown, ctx: unknown) => unknown) | null
  readonly index: number
  readonly kind: NodeKind | 'item'
  /** Whether the engine answers it from its sources: a `select` or a `fallback`. */
  readonly chooses: boolean
  /** Index of the alternative whose failure it answers to, or -1. */
  readonly rescues: number
  readonly graph: GraphNode
  /** What the plugins were asked about. */
  readonly info: StepInfo
  /** Name of the pipeline. */
  readonly pipeline: string
  readonly when: ((needs: unknown) => unknown) | null
  /** Middleware around the step, outermost first; `null` when there is none. */
  readonly steps: readonly StepMiddleware[] | null
  /** Middleware around an attempt, outermost first; `null` when there is none. */
  readonly attempts: readonly AttemptMiddleware[] | null
  readonly policies: readonly FailurePolicy[] | null
  /** Schema of the output. */
  readonly schema: Schema | null
  readonly undo: ((output: unknown, ctx: unknown) => unknown) | null
  /** Middleware around the undo, outermost first; `null` when there is none. */
  readonly undos: readonly UndoMiddleware[] | null
  /** The items of a map. */
  readonly items: CompiledNode | null
  readonly inner: CompiledPipeline | null
}

/** A pipeline as a pipe runs it: everything that is the same for each run, found once. */
export interface CompiledPipeline {
  readonly owner: GraphOwner
  readonly topology: Topology
  readonly nodes: readonly CompiledNode[]
  /** Schema of the input. */
  readonly schema: Schema | null
  readonly output: Reads
  /** Ids of the required services, each with the path of a step that uses it. */
  readonly services: ReadonlyMap<string, string>
}
