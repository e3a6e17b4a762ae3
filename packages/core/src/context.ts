import type { Logger } from './logger.ts'
import type { Services } from './service.ts'

/**
 * What a step knows of the run it is part of: the second argument of `run`, `undo` and every middleware. Immutable; a
 * middleware hands a changed one on with {@link derive}.
 *
 * Plugins add fields by declaration merging; optional ones, for the plugin may not be in the pipe:
 * ```ts
 * declare module '@pipe/core' {
 *   interface StepContext<U> { readonly metrics?: StepMetrics }
 * }
 * ```
 */
// The type parameter is repeated by plugins that merge into this interface, so it keeps its short name.
export interface StepContext<U = object> {
  /** Id of the run. */
  readonly runId: string
  /** Name of the pipeline this step belongs to: of the inner one when pipelines are nested. */
  readonly pipeline: string
  /** Path of the step in the run: `user`, `bill/charge`, `orders[42]`. */
  readonly stepId: string
  /** Key of the map item; `undefined` outside a map. */
  readonly key: string | undefined
  /** Number of this attempt, from 1. */
  readonly attempt: number
  /**
   * Aborts when this attempt should end: its time is up, the run is cancelled, another step failed. `signal.reason` is a
   * `PipelineError` with code `TIMEOUT`, `CANCELLED`, `SHUTDOWN` or `LEASE_LOST`. Each attempt has its own signal, made
   * when first read.
   */
  readonly signal: AbortSignal
  /** The services named in `uses`. */
  readonly use: Services<U>
  /** The same string for every attempt and every resumption of this step in this run, and for no other step. */
  readonly idempotencyKey: string
  /** What the caller gave as `context` in the options of the run. */
  readonly context: Readonly<Record<string, unknown>>
  /** Tells observers how far the step is; any value. Ignored when nobody observes. */
  readonly progress: (value: unknown) => void
  /** The logger of this step. Silent without a logging plugin. */
  readonly log: Logger
  /** The time of the pipe's clock, epoch ms. */
  readonly now: () => number
  /** A number from 0 up to, not including, 1, of the pipe's random source. */
  readonly random: () => number
}

/**
 * A context that is like `context` but for the fields in `patch`. The original is not changed; fields that are computed
 * on demand stay so.
 */
export function derive<C extends object>(context: C, patch: Partial<C>): C {
  // A context of the engine finds its data by way of itself.
  const self = 'self' in context ? { self: { value: context.self } } : {}
  const derived = Object.create(context, self) as C
  for (const key of Object.keys(patch) as (keyof C)[]) {
    Object.defineProperty(derived, key, { value: patch[key], enumerable: true })
  }
  return derived
}
