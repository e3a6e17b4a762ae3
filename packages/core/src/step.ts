import type { StepContext } from './context.ts'
import type { Outputs } from './handle.ts'
import type { InputOf, OutputOf, Schema } from './schema.ts'
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
  /** When it answers false the step is skipped: its output is `undefined`, and its dependants run. Should be pure. */
  readonly when?: (needs: Outputs<N>) => W
  /** When true, a failure is recorded and dependants see `undefined`; the run goes on. Default false. */
  readonly optional?: P
  /** Version of what the step does; change it when recorded outputs should no longer be used. */
  readonly version?: string
}

/**
 * Takes back what a completed step did, when the run fails or is cancelled later. Gets the output as it was recorded.
 * Is waited for; what it returns is ignored. Should tolerate being called again.
 */
export type Undo<O, C> = (output: O, ctx: C) => unknown

/** What a function with the needs `N` gets. The intersection keeps the function from having a say in what they are. */
export type Reads<N> = Outputs<N & {}>

/** `T` where it is used but not found out. Unlike `NoInfer` it leaves no trace in what the compiler says. */
export type Fixed<T> = [T][T extends unknown ? 0 : never]

/** The output type of a step: the schema's when there is one, else what `run` resolves with. */
export type StepOutput<R, S> = S extends Schema ? OutputOf<S> : Awaited<R>

/** What a function may return whose output the schema `S` checks: what that accepts, or something `unknown` to find out about. */
type Accepted<R, S> = S extends Schema
  ? unknown extends Awaited<R>
    ? unknown
    : InputOf<S> | Promise<InputOf<S>> | PromiseLike<InputOf<S>>
  : unknown

/** The function `F` of a step whose output the schema `S` checks, if there is one. */
export type Checked<F, S> = S extends Schema
  ? F extends (...args: infer A) => infer R
    ? (...args: A) => Accepted<R, S>
    : never
  : F

/**
 * A step on its own, not yet part of a pipeline: its function `F`, the services `U` it uses, the schema `S` of its
 * output. See {@link defineStep}.
 */
export interface StepDefinition<F extends (...args: never) => unknown, U, S = undefined> extends StepOptions {
  readonly uses?: U
  readonly optional?: false
  readonly version?: string
  readonly output?: S
  readonly run: F
  readonly undo?: Undo<StepOutput<ReturnType<F>, S>, StepContext<U>>
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
export function defineStep<
  A,
  R extends Accepted<R, S>,
  const U extends Uses = Record<never, never>,
  S extends Schema | undefined = undefined,
>(
  step: StepDefinition<(needs: A, ctx: StepContext<Fixed<U>>) => R, U, S>,
): StepDefinition<(needs: A, ctx: StepContext<Fixed<U>>) => R, Fixed<U>, Fixed<S>> {
  return step
}
