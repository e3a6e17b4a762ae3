export declare const OUTPUT: unique symbol
export declare const SUCCESS: unique symbol
export declare const REQUIRES: unique symbol

/**
 * What declaring a step returns. It stands for the step's output in the `needs` of other steps and in what the
 * definition returns. It holds no data.
 *
 * `T` is the type of the output, `Q` the services that the step and everything before it require.
 */
// Without a field that has a name: a definition that reads `user.id` must not get the id of the step.
export interface Handle<T, Q = never> {
  readonly [OUTPUT]: T
  readonly [REQUIRES]: Q
}

/**
 * The handle of a step that may have no output: it has a condition, or is optional. Those who read it get `T` or
 * `undefined`; `T` is what it has when it succeeds.
 */
export interface MaybeHandle<T, Q = never> extends Handle<T | undefined, Q> {
  readonly [SUCCESS]: T
}

/** Some handle, whatever its output. */
export type AnyHandle = Handle<unknown, unknown>

/** What a step reads: a record of handles (names of your choice), or an array of them. */
export type Needs = Readonly<Record<string, AnyHandle>> | readonly AnyHandle[]

/** The output of one handle. */
export type OutputOfHandle<H> = H extends { readonly [OUTPUT]: infer T } ? T : never

/** What one handle has when its step succeeds. */
export type SuccessOfHandle<H> = H extends { readonly [SUCCESS]: infer T } ? T : OutputOfHandle<H>

/** The outputs of a record or an array of handles. */
export type Outputs<N> = { readonly [K in keyof N]: N[K] extends AnyHandle ? N[K][typeof OUTPUT] : never }

/** What a record or an array of handles requires of the pipe, as a union. */
export type RequiredByHandles<N> = RequiredByHandle<N[keyof N]>

/** What one handle requires of the pipe. */
export type RequiredByHandle<H> = H extends { readonly [REQUIRES]: infer Q } ? Q : never
