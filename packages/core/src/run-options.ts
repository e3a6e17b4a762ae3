import type { Duration } from './duration.ts'
import type { Pipeline } from './pipeline.ts'

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
  /**
   * Longest time that each undo may take, with all that wraps it; then its signal aborts, it counts as failed, and the
   * next one follows. Default: no limit.
   */
  readonly undoTimeout?: Duration
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

type Intersection<U> = (U extends unknown ? (u: U) => void : never) extends (i: infer I) => void ? I : never

/** Input and options; the input may be left out when there is none or it may be `undefined`. The first test is for `any`. */
type InputAnd<Options, I> = 0 extends 1 & I
  ? [input: I, options?: Options]
  : // eslint-disable-next-line @typescript-eslint/no-invalid-void-type -- `void` is the input of a pipeline without one
    [I] extends [void]
    ? [input?: undefined, options?: Options]
    : undefined extends I
      ? [input?: I, options?: Options]
      : [input: I, options?: Options]

/** Options in which the services `Q` that a pipeline requires may be given. */
type Offering<Q, Options> = [Q] extends [never] ? Options : Options & { readonly services?: Partial<Intersection<Q>> }

/** What of `Q` is not in `S`. */
type Missing<Q, S> = Q extends unknown ? (S extends Q ? never : Q) : never

/** Where arguments are also this, the compiler says what is missing, and not just how many arguments it expected. */
interface ServicesRequired {
  readonly length: 2
}

/**
 * What follows the pipeline `P` in a call: the input, and the options. Input may be left out when there is none, options
 * may unless the pipeline requires services that are not in `S`; these must then be given in the options.
 */
export type RunArguments<P, S, Options> =
  P extends Pipeline<infer I, unknown, infer Q>
    ? [Missing<Q, S>] extends [never]
      ? InputAnd<Offering<Q, Options>, I>
      : [input: I, options: Options & { readonly services: Intersection<Missing<Q, S>> }] & ServicesRequired
    : never

/** {@link RunArguments} for what may lack services, and says so. */
export type DryRunArguments<P> =
  P extends Pipeline<infer I, unknown, infer Q> ? InputAnd<Offering<Q, RunOptions>, I> : never

/** {@link RunArguments} as the engine takes them: it has no types. */
export type Arguments<Options> = readonly [input?: unknown, options?: Options]
