import type { StepContext } from './context.ts'
import type { AnyHandle, Outputs } from './handle.ts'
import type { OutputOf, Schema } from './schema.ts'
import type { Uses } from './service.ts'

/** A value or a promise of it. */
export type Awaitable<T> = T | PromiseLike<T>

/**
 * Options that plugins own, added by declaration merging, so that an option whose plugin is not imported does not
 * compile:
 * ```ts
 * declare module '@pipe/core' {
 *   interface StepOptions { readonly retry?: number | RetryOptions }
 * }
 * ```
 * A plugin names its options in `stepOptions`; an option that no plugin of the pipe owns is an error when a run starts.
 */

export interface StepOptions {}

/**
 * What every kind of step may say. `N` are its needs, `W` is what its condition returns (`never` without one), `P`
 * whether it is optional.
 */
export interface NodeSpec<N, W, P> extends StepOptions {
  /** Handles this step reads. Reading is depending: there is no other way to another step's output. Default: `{ input }`. */
  readonly needs?: N
  /** Steps that come first although this one does not read them. */
  readonly after?: readonly AnyHandle[]
  /** When it answers false the step is skipped: its output is `undefined`, and its dependants run. Should be pure. */
  readonly when?: (needs: Outputs<N>) => W
  /** When true, a failure is recorded and dependants see `undefined`; the run goes on. Default false. */
  readonly optional?: P
  /** Version of what the step does; change it when recorded outputs should no longer be used. */
  readonly version?: string
}

/** One unit of work: what it reads (`N`), the services it uses (`U`) and what it returns (`R`). */
export interface StepSpec<N, U, R> {
  /** Services it uses, by local name; found in `ctx.use`. */
  readonly uses?: U
  /** The work. Called once per attempt. */
  readonly run: (needs: Outputs<NoInfer<N>>, ctx: StepContext<U>) => R
}

/**
 * Takes back what a completed step did, when the run fails or is cancelled later. Gets the output as it was recorded.
 * Is waited for; what it returns is ignored. Should tolerate being called again.
 */
export type Undo<O, C> = (output: O, ctx: C) => unknown

/** The output type of a step: the schema's when there is one, else what `run` resolves with. */
export type StepOutput<R, S> = S extends Schema ? OutputOf<S> : Awaited<R>

/** `T`, or `undefined` too when the step has a condition (`W` is not `never`) or is optional (`P` is not `false`). */
export type Maybe<T, W, P> = [W, P] extends [never, false] ? T : T | undefined

/** A step on its own, not yet part of a pipeline: see {@link defineStep}. */
export interface StepDefinition<A, U, R> extends StepOptions {
  readonly uses?: U
  readonly optional?: false
  readonly version?: string
  readonly run: (needs: A, ctx: StepContext<U>) => R
  readonly undo?: Undo<Awaited<R>, StepContext<U>>
}

/**
 * A step as a value: unit tests call its `run`, pipelines bind it by adding `needs`.
 *
 * ```ts
 * const charge = defineStep({ uses: { bank: Bank }, retry: 3, run: ({ order }: { order: Order }, { use }) => use.bank.charge(order) })
 * const paid = p.step('charge', { ...charge, needs: { order } })
 * ```
 * Returns its argument; it exists so that TypeScript infers the types.
 */
export function defineStep<A, R, const U extends Uses = Record<never, never>>(
  step: StepDefinition<A, U, R>,
): StepDefinition<A, U, R> {
  return step
}
