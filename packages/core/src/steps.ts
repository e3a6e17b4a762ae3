import type { StepContext } from './context.ts'
import type {
  AnyHandle,
  Handle,
  Needs,
  OutputOfHandle,
  Outputs,
  RequiredByHandle,
  RequiredByHandles,
} from './handle.ts'
import type { Pipeline } from './pipeline.ts'
import type { Schema } from './schema.ts'
import type { RequiredBy, Uses } from './service.ts'
import type { Maybe, NodeSpec, StepOutput, StepSpec, Undo } from './step.ts'

type None = Record<never, never>
type InputNeeds<I> = { readonly input: Handle<I> }
type Required<N, U> = RequiredByHandles<N> | RequiredBy<U>

/** How a `map` makes and treats its items. `N` are its needs, `T` is an item. */
export interface MapSpec<N, T> {
  /** The items: any iterable; an async iterable is read only as fast as items are finished. */
  readonly over: (needs: Outputs<N>) => Iterable<T> | AsyncIterable<T>
  /** Names an item in paths and results; unique in the map. Default: its index. */
  readonly key?: (item: T, index: number) => string
  /** Most items at a time, a whole number from 1 up. Default: no limit. */
  readonly concurrency?: number
}

/** What a `map` does with each item: a function of it, or a pipeline whose input it is. */
export type MapBody<N, U, T, R, Q> =
  ((item: T, ctx: StepContext<U> & { readonly needs: Outputs<N> }) => R) | Pipeline<T, R, Q>

/** How a `loop` starts and ends. `N` are its needs, `S` is its state: input and output of the inner pipeline. */
export interface LoopSpec<N, S> {
  /** The state the first iteration starts with. */
  readonly input: (needs: Outputs<N>) => S
  /** Whether the loop is done; asked after each iteration with its output and the number of iterations so far. */
  readonly until: (state: S, iterations: number) => boolean
  /** Most iterations, a whole number from 1 up; one more fails with `LOOP_LIMIT`. */
  readonly max: number
}

/** A step of a `group` or an alternative of a `fallback`: a function, or an object with `run` and options of its own. */
export type Branch<N, U, R> = ((needs: Outputs<NoInfer<N>>, ctx: StepContext<U>) => R) | BranchSpec<N, U, R>

/** A {@link Branch} with options. */
export type BranchSpec<N, U, R> = Omit<NodeSpec<N, never, false>, 'needs' | 'when' | 'optional'> &
  StepSpec<N, U, R> & { readonly undo?: Undo<Awaited<R>, StepContext<U>> }

/**
 * What a definition declares its steps on. Every method adds a step and returns its handle; `id` is unique in the
 * pipeline and stable, for records and resumption go by it. `I` is the input of the pipeline.
 */
export interface Steps<I> {
  /** A function of what it needs. Starts the moment all of its needs have settled. */
  step<
    R,
    const N extends Needs = InputNeeds<I>,
    const U extends Uses = None,
    W extends boolean = never,
    const P extends boolean = false,
    S extends Schema | undefined = undefined,
    const A extends readonly AnyHandle[] = readonly [],
  >(
    id: string,
    spec: StepSpec<N, U, R> &
      NodeSpec<N, W, P> & {
        /** Schema of the output; what it returns is the output. */
        readonly output?: S
        readonly undo?: Undo<StepOutput<R, S>, StepContext<U>>
        readonly after?: A
      },
  ): Handle<Maybe<StepOutput<R, S>, W, P>, Required<N, U> | RequiredByHandle<A[number]>>

  /** The same work for each of many items, a bounded number at a time. The output is in the order of the items. */
  map<
    T,
    R,
    const N extends Needs = InputNeeds<I>,
    const U extends Uses = None,
    Q = never,
    W extends boolean = never,
    const P extends boolean = false,
    const M extends boolean = false,
    const A extends readonly AnyHandle[] = readonly [],
  >(
    id: string,
    spec: MapSpec<N, T> &
      NodeSpec<N, W, P> & {
        readonly uses?: U
        readonly run: MapBody<N, U, T, R, Q>
        readonly undo?: Undo<Awaited<R>, StepContext<U> & { readonly needs: Outputs<N> }>
        /** When true, an item that fails leaves `undefined` in its place. Default false. */
        readonly optionalItems?: M
        readonly after?: A
      },
  ): Handle<Maybe<Maybe<Awaited<R>, never, M>[], W, P>, Required<N, U> | Q | RequiredByHandle<A[number]>>

  /** Another pipeline as a step. Its steps appear as `id/step`. `input` makes its input from what the step needs. */
  call<
    I2,
    O,
    Q,
    const N extends Needs = InputNeeds<I>,
    W extends boolean = never,
    const P extends boolean = false,
    const A extends readonly AnyHandle[] = readonly [],
  >(
    id: string,
    pipeline: Pipeline<I2, O, Q>,
    spec: NodeSpec<N, W, P> & { readonly input: (needs: Outputs<N>) => I2; readonly after?: A },
  ): Handle<Maybe<O, W, P>, RequiredByHandles<N> | Q | RequiredByHandle<A[number]>>

  /** A pipeline run again and again, its output becoming its next input, until it is good enough. */
  loop<
    S,
    Q,
    const N extends Needs = InputNeeds<I>,
    W extends boolean = never,
    const P extends boolean = false,
    const A extends readonly AnyHandle[] = readonly [],
  >(
    id: string,
    pipeline: Pipeline<S, S, Q>,
    spec: NodeSpec<N, W, P> & LoopSpec<N, S> & { readonly after?: A },
  ): Handle<Maybe<S, W, P>, RequiredByHandles<N> | Q | RequiredByHandle<A[number]>>

  /**
   * The output of the first of `handles` that succeeded: those skipped by their condition, and optional ones that
   * failed, are passed over. Skipped itself when there is none.
   */
  select<const H extends readonly AnyHandle[]>(
    id: string,
    handles: H,
  ): Handle<Selected<OutputOfHandle<H[number]>, H>, RequiredByHandle<H[number]>>

  /**
   * Tries alternatives in order until one succeeds; each is a step of its own, `id/name`, with its own attempts. Fails
   * with `FALLBACK_EXHAUSTED` when all did.
   */
  fallback<
    const R extends Readonly<Record<string, unknown>>,
    const N extends Needs = InputNeeds<I>,
    const U extends Uses = None,
    W extends boolean = never,
    const P extends boolean = false,
    const A extends readonly AnyHandle[] = readonly [],
  >(
    id: string,
    spec: NodeSpec<N, W, P> & {
      readonly uses?: U
      readonly alternatives: { readonly [K in keyof R]: Branch<N, U, R[K]> }
      readonly after?: A
    },
  ): Handle<Maybe<Awaited<R[keyof R]>, W, P>, Required<N, U> | RequiredByHandle<A[number]>>

  /** Several independent steps that need the same: each `id/name`. Returns a record of handles, usable as `needs`. */
  group<
    const R extends Readonly<Record<string, unknown>>,
    const N extends Needs = InputNeeds<I>,
    const U extends Uses = None,
    const A extends readonly AnyHandle[] = readonly [],
  >(
    id: string,
    spec: Omit<NodeSpec<N, never, false>, 'when' | 'optional'> & {
      readonly uses?: U
      readonly steps: { readonly [K in keyof R]: Branch<N, U, R[K]> }
      readonly after?: A
    },
  ): { readonly [K in keyof R]: Handle<Awaited<R[K]>, Required<N, U> | RequiredByHandle<A[number]>> }
}

/** A selection cannot be empty when one of its handles always has an output. */
type Selected<T, H extends readonly AnyHandle[]> = true extends {
  [K in keyof H]: undefined extends OutputOfHandle<H[K]> ? false : true
}[number]
  ? Exclude<T, undefined>
  : T | undefined
