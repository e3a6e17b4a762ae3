declare const OUTPUT: unique symbol
declare const REQUIRES: unique symbol

/**
 * What declaring a step returns. It stands for the step's output in the `needs` of other steps and in what the
 * definition returns. It holds no data.
 *
 * `T` is the type of the output, `Q` the services that the step and everything before it require.
 */
export interface Handle<T, Q = never> {
  /** Id of the step in its pipeline, for example `user` or `prices/primary`. */
  readonly id: string
  readonly [OUTPUT]: T
  readonly [REQUIRES]: Q
}

/** Some handle, whatever its output. */
export type AnyHandle = Handle<unknown, unknown>

/** What a step reads: a record of handles (names of your choice), or an array of them. */
export type Needs = Readonly<Record<string, AnyHandle>> | readonly AnyHandle[]

/** The output of one handle. */
export type OutputOfHandle<H> = H extends { readonly [OUTPUT]: infer T } ? T : never

/** The outputs of a record or an array of handles. */
export type Outputs<N> = { readonly [K in keyof N]: N[K] extends { readonly [OUTPUT]: infer T } ? T : never }

/** What a record or an array of handles requires of the pipe, as a union. */
export type RequiredByHandles<N> = RequiredByHandle<N extends readonly unknown[] ? N[number] : N[keyof N]>

/** What one handle requires of the pipe. */
export type RequiredByHandle<H> = H extends { readonly [REQUIRES]: infer Q } ? Q : never
