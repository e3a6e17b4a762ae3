import type { Graph } from './graph.ts'
import type { AnyHandle, OutputOfHandle, Outputs, RequiredByHandle, RequiredByHandles } from './handle.ts'
import type { Schema } from './schema.ts'

declare const TYPES: unique symbol

/**
 * An immutable, named graph of steps: input `I`, output `O`, required services `Q`. Run it with `pipe.run` or `run`, use
 * it as a step of another pipeline with `p.call`, look at it with `plan`.
 */
export interface Pipeline<I, O, Q = never> {
  readonly name: string
  /** Version of the definition, as given. */
  readonly version: string | undefined
  /** Schema of the input, as given. */
  readonly input: Schema | undefined
  /** @internal */
  readonly graph: Graph
  readonly [TYPES]: { readonly input: (input: I) => void; readonly output: O; readonly requires: Q }
}

/** Some pipeline, whatever its input, output and services. */
export type AnyPipeline = Pipeline<never, unknown, unknown>

/** What a caller gives to the pipeline `P`: `PipelineInput<typeof onboarding>`. `void` when it takes no input. */
export type PipelineInput<P> = P extends Pipeline<infer I, unknown, unknown> ? I : never

/** What the pipeline `P` makes. */
export type PipelineOutput<P> = P extends Pipeline<never, infer O, unknown> ? O : never

/** What a definition may return: the handle of the output, or a record of them. */
export type Returned = AnyHandle | Readonly<Record<string, AnyHandle>>

/** The output of a pipeline whose definition returned `R`. */
export type OutputOfReturned<R> = R extends AnyHandle ? OutputOfHandle<R> : { -readonly [K in keyof R]: Outputs<R>[K] }

/** The services that a pipeline whose definition returned `R` requires. */
export type RequiredByReturned<R> = R extends AnyHandle ? RequiredByHandle<R> : RequiredByHandles<R>
