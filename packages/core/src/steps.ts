import type { At, BranchesOf, BranchRecord } from './branch.ts'
import type { StepContext } from './context.ts'
import type {
  AnyHandle,
  Handle,
  MaybeHandle,
  Needs,
  Outputs,
  RequiredByHandle,
  RequiredByHandles,
  SuccessOfHandle,
} from './handle.ts'
import type { Pipeline } from './pipeline.ts'
import type { Schema } from './schema.ts'
import type { RequiredBy, Uses } from './service.ts'
import type { Checked, Fixed, NodeSpec, Reads, StepOutput, Undo } from './step.ts'

type None = Record<never, never>
type InputNeeds<I> = { readonly input: Handle<I> }
type Required<N, U> = RequiredByHandles<N> | RequiredBy<U>

/** How a `map` makes and treats its items. `N` are its needs, `U` the services it uses, `T` is an item. */
export interface MapSpec<N, U, T> {
  /**
   * The items: any iterable; an async iterable is read only as fast as items are finished. The context is that of the map:
   * its signal aborts when the map should end, which a source that waits for its next item should heed.
   */
  readonly over: (needs: Outputs<N>, ctx: StepContext<U>) => Iterable<T> | AsyncIterable<T>
  /** Names an item in paths and results; unique in the map. Default: its index. */
  readonly key?: (item: T, index: number) => string
  /** Most items at a time, a whole number from 1 up. Default: no limit. */
  readonly concurrency?: number
}

/** What the function of a `map` with needs `N` and services `U` gets besides the item. */
export type ItemContext<N, U> = StepContext<U> & { readonly needs: Outputs<N> }

/** How a `loop` starts and ends. `N` are its needs, `S` is its state: input and output of the inner pipeline. */
export interface LoopSpec<N, S, Q> {
  /** The state the first iteration starts with: a handle, or a function of what the loop needs. */
  readonly input: Handle<S, Q> | ((needs: Outputs<N>) => S)
  /** Whether the loop is done; asked after each iteration with its output and the number of iterations so far. */
  readonly until: (state: S, iterations: number) => boolean
  /** Most iterations, a whole number from 1 up; one more fails with `LOOP_LIMIT`. */
  readonly max: number
}

/** Where a `call` has the input `I2` of the inner pipeline from. May be left out when that needs none. */
type CallInput<N, I2, Q> = undefined extends I2
  ? { readonly input?: Handle<I2, Q> | ((needs: Outputs<N>) => I2) }
  : { readonly input: Handle<I2, Q> | ((needs: Outputs<N>) => I2) }

/**
 * What a definition declares its steps on. Every method adds a step and returns its handle; `id` is unique in the
 * pipeline and stable, for records and resumption go by it. `I` is the input of the pipeline.
 */
export interface Steps<I> {
  /** A function of what it needs. Starts the moment all of its needs have settled. */
  step<
    // `void` until it is known: after `unknown`, which may be anything, the compiler would not ask the schema for literals.
    R = void,
    const N extends Needs = InputNeeds<I>,
    const U extends Uses = None,
    W extends boolean = never,
    const P extends boolean = false,
    S extends Schema | undefined = undefined,
    const A extends readonly AnyHandle[] = readonly [],
  >(
    id: string,
    spec: NodeSpec<N, W, P> & {
      /** Services it uses, by local name; found in `ctx.use`. */
      readonly uses?: U
      /** The work. Called once per attempt. Where there is a schema of the output, it returns what that accepts. */
      readonly run: [S] extends [undefined]
        ? (needs: Reads<N>, ctx: StepContext<Fixed<U>>) => R
        : Checked<(needs: Reads<N>, ctx: StepContext<Fixed<U>>) => R, S>
      /** Schema of the output; what it returns is the output. */
      readonly output?: S
      readonly undo?: Undo<StepOutput<R, S>, StepContext<Fixed<U>>>
      /** Steps that come first although this one does not read them. */
      readonly after?: A
    },
  ): HandleOf<StepOutput<R, NoInfer<S>>, Required<N, U> | RequiredByHandle<A[number]>, [W, P]>

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
    spec: MapSpec<N, Fixed<U>, T> &
      NodeSpec<N, W, P> & {
        /** Services it uses, by local name; found in `ctx.use`. */
        readonly uses?: U
        /** What is done with each item: a function of it, or a pipeline whose input it is. */
        readonly run: ((item: T, ctx: ItemContext<N, Fixed<U>>) => R) | Pipeline<T, R, Q>
        readonly undo?: Undo<Awaited<R>, ItemContext<N, Fixed<U>>>
        /** When true, an item that fails leaves `undefined` in its place. Default false. */
        readonly optionalItems?: M
        /** Steps that come first although this one does not read them. */
        readonly after?: A
      },
  ): HandleOf<
    (Awaited<R> | (M extends false ? never : undefined))[],
    Required<N, U> | Fixed<Q> | RequiredByHandle<A[number]>,
    [W, P]
  >

  /** Another pipeline as a step. Its steps appear as `id/step`. */
  call<O, Q>(id: string, pipeline: Pipeline<undefined, O, Q>): Handle<O, Q>
  /**
   * Another pipeline as a step. Its steps appear as `id/step`. `input` is a handle, or a function that makes the input
   * from what the step needs.
   */
  call<
    I2,
    O,
    Q,
    const N extends Needs = InputNeeds<I>,
    W extends boolean = never,
    const P extends boolean = false,
    Q2 = never,
    const A extends readonly AnyHandle[] = readonly [],
  >(
    id: string,
    pipeline: Pipeline<I2, O, Q>,
    spec: NodeSpec<N, W, P> &
      CallInput<N, I2, Q2> & {
        /** Steps that come first although this one does not read them. */
        readonly after?: A
      },
  ): HandleOf<O, RequiredByHandles<N> | Q | Fixed<Q2> | RequiredByHandle<A[number]>, [W, P]>

  /** A pipeline run again and again, its output becoming its next input, until it is good enough. */
  loop<
    S,
    Q,
    const N extends Needs = InputNeeds<I>,
    W extends boolean = never,
    const P extends boolean = false,
    Q2 = never,
    const A extends readonly AnyHandle[] = readonly [],
  >(
    id: string,
    pipeline: Pipeline<S, S, Q>,
    spec: NodeSpec<N, W, P> &
      LoopSpec<N, S, Q2> & {
        /** Steps that come first although this one does not read them. */
        readonly after?: A
      },
  ): HandleOf<S, RequiredByHandles<N> | Q | Fixed<Q2> | RequiredByHandle<A[number]>, [W, P]>

  /**
   * The output of the first of `handles` that succeeded: those skipped by their condition, and optional ones that
   * failed, are passed over. Skipped itself when there is none.
   */
  select<const H extends readonly AnyHandle[]>(id: string, handles: H): Selected<H>

  /**
   * Tries alternatives in order until one succeeds; each is a step of its own, `id/name`, with its own attempts. Fails
   * with `FALLBACK_EXHAUSTED` when all did.
   */
  fallback<
    R extends BranchRecord,
    const N extends Needs = InputNeeds<I>,
    const U extends Uses = None,
    W extends boolean = never,
    const P extends boolean = false,
    const B extends BranchRecord = None,
    S extends BranchRecord = None,
    const A extends readonly AnyHandle[] = readonly [],
  >(
    id: string,
    spec: NodeSpec<N, W, P> & {
      /** Services that all of its alternatives use, by local name. */
      readonly uses?: U
      /** Functions, or steps with options, in the order in which they are tried. */
      readonly alternatives: BranchesOf<N, U, R, B, S>
      /** Steps that come first although this one does not read them. */
      readonly after?: A
    },
  ): HandleOf<
    { [K in keyof R]: StepOutput<R[K], At<S, K>> }[keyof R],
    Required<N, U> | { [K in keyof B]: RequiredBy<B[K]> }[keyof B] | RequiredByHandle<A[number]>,
    [W, P]
  >

  /** Several independent steps that need the same: each `id/name`. Returns a record of handles, usable as `needs`. */
  group<
    R extends BranchRecord,
    const N extends Needs = InputNeeds<I>,
    const U extends Uses = None,
    const B extends BranchRecord = None,
    S extends BranchRecord = None,
    const A extends readonly AnyHandle[] = readonly [],
  >(
    id: string,
    spec: Omit<NodeSpec<N, never, false>, 'when' | 'optional'> & {
      /** Services that all of its steps use, by local name. */
      readonly uses?: U
      /** Functions, or steps with options. */
      readonly steps: BranchesOf<N, U, R, B, S>
      /** Steps that come first although this one does not read them. */
      readonly after?: A
    },
  ): {
    readonly [K in keyof R]: Handle<
      StepOutput<R[K], At<S, K>>,
      Required<N, U> | RequiredBy<At<B, K>> | RequiredByHandle<A[number]>
    >
  }
}

/** The handle of a step with these types of condition and `optional` in `C`. */
type HandleOf<T, Q, C> = C extends [never, false] ? Handle<T, Q> : MaybeHandle<T, Q>

/** The handle of a selection: it has an output when one of its handles always has one. */
type Selected<H extends readonly AnyHandle[]> = true extends {
  [K in keyof H]: [Extract<H[K], MaybeHandle<unknown, unknown>>] extends [never] ? true : false
}[number]
  ? Handle<SuccessOfHandle<H[number]>, RequiredByHandle<H[number]>>
  : MaybeHandle<SuccessOfHandle<H[number]>, RequiredByHandle<H[number]>>
