import type { Duration } from './duration.ts'

/** What the caller of a run decides. Everything is optional. */
export interface RunOptions {
  /** Id of the run. Default: a new UUID version 7. */
  readonly id?: string
  /** Cancels the run when it aborts. */
  readonly signal?: AbortSignal
  /**
   * Most functions (steps and map items, with their conditions and middleware) at a time, a whole number from 1 up. A
   * function that was given up and has not returned does not count any more. Default: no limit.
   */
  readonly concurrency?: number
  /**
   * What a failed step does to the others. `fail-fast` (default): running ones are aborted, nothing new starts.
   * `continue`: everything that does not depend on it is still done; then the run fails.
   */
  readonly failure?: 'fail-fast' | 'continue'
  /** Longest time the run may take; then it fails with `TIMEOUT`. Default: no limit. */
  readonly timeout?: Duration
  /**
   * How long a run that is stopping waits for functions that do not return; then they are given up, and the result says
   * `stillRunning`. What was completed is undone after that, and is waited for. Default: no limit.
   */
  readonly grace?: Duration
  /** Services by id; those of the pipe that have the same id are not used. */
  readonly services?: Readonly<Record<string, unknown>>
  /** Anything; steps find it in `ctx.context`. */
  readonly context?: Readonly<Record<string, unknown>>
  /** Labels; they appear in events and in the result. */
  readonly tags?: Readonly<Record<string, string>>
}

/** Options of a run that can be controlled. */
export interface StartOptions extends RunOptions {
  /** Whether it begins paused, to be ticked or resumed. Default false. */
  readonly paused?: boolean
}

type UnionToIntersection<U> = (U extends unknown ? (u: U) => void : never) extends (i: infer I) => void ? I : never

/** The input, which may be left out when there is none or it may be `undefined`. The first test is for `any`. */
type Input<I> = 0 extends 1 & I
  ? [input: I]
  : // eslint-disable-next-line @typescript-eslint/no-invalid-void-type -- `void` is the input of a pipeline without one
    [I] extends [void]
    ? [input?: undefined]
    : undefined extends I
      ? [input?: I]
      : [input: I]

/**
 * What follows the pipeline in a call: the input, and the options. The options may be left out unless the pipeline
 * requires (`Q`) services that are not in `S`; these must then be given in the options.
 */
export type RunArguments<I, Q, S, Options> = [Q] extends [never]
  ? [...Input<I>, options?: Options]
  : S extends UnionToIntersection<Q>
    ? [...Input<I>, options?: Options]
    : [input: I, missing: Options & { readonly services: Omit<UnionToIntersection<Q>, keyof S> }]

/** {@link RunArguments} as the engine takes them: it has no types. */
export type Arguments<Options> = readonly [input?: unknown, options?: Options]
