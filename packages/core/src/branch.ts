import type { StepContext } from './context.ts'
import type { Schema } from './schema.ts'
import type { Uses } from './service.ts'
import type { Checked, Reads, StepOptions, StepOutput, Undo } from './step.ts'

/**
 * A step of a `group` or an alternative of a `fallback`: a function `F`, or an object with `run` and options of its own,
 * whose output the schema `S` checks.
 */
export type Branch<F, S = undefined> = F | BranchSpec<F, S>

/** A {@link Branch} with options; what {@link defineStep} made is one. */
export interface BranchSpec<F, S = undefined> extends StepOptions {
  /** Services that it uses, besides those that all branches use. */
  readonly uses?: Uses
  /** The work. Called once per attempt. */
  readonly run: Checked<F, S>
  /** Schema of the output; what it returns is the output. */
  readonly output?: Schema | undefined
  /** Takes it back. TypeScript does not know the output where `run` has parameters without types: say it. */
  readonly undo?: BranchUndo<F, S>
  /** Version of what it does; change it when recorded outputs should no longer be used. */
  readonly version?: string
}

/**
 * The undo of a branch. The question about `S` is always answered with yes; but a conditional type that waits for an answer
 * can give types to parameters before it is known what `F` returns, where a function type would make it `unknown` for good.
 */
type BranchUndo<F, S> = [S] extends [infer X]
  ? F extends (needs: never, ctx: infer C) => infer R
    ? Undo<StepOutput<R, X>, C>
    : never
  : never

/** Something of each branch, by name: what it returns, the services it uses, its schema. */
export type BranchRecord = Readonly<Record<string, unknown>>

/** What such a record says of the branch `K`; `unknown` when it says nothing. */
export type At<B, K> = K extends keyof B ? B[K] : unknown

/** Branches that need `N`, use `U` and `B`, return `R` and check their outputs with `S`. */
export type BranchesOf<N, U, R, B, S> = {
  readonly [K in keyof R]: Branch<(needs: Reads<N>, ctx: StepContext<Both<U, At<B, K>>>) => R[K], At<S, K>>
} & { readonly [K in keyof B]: { readonly uses?: B[K] } } & { readonly [K in keyof S]: { readonly output?: S[K] } }

/** The services of all branches, and those of one, which has its own where it gives them the same name. */
type Both<U, B> = unknown extends B ? U : Omit<U, keyof B> & B
