import type { Clock } from './clock.ts'
import type { StepContext } from './context.ts'
import type { Events } from './emitter.ts'
import type { PipelineError } from './errors.ts'
import type { NodeKind } from './graph.ts'
import type { OptionRule } from './options.ts'
import type { Hooks } from './hooks.ts'
import type { AnyPipeline } from './pipeline.ts'
import type { RunContext } from './run-context.ts'
import type { RunOptions } from './run-options.ts'
import type { Uses } from './service.ts'
import type { Awaitable, StepOptions } from './step.ts'

/**
 * What a pipe is extended with: a plain object, usually made by a factory named like its package (`retry()`).
 *
 * Middleware wraps and may change the outcome, a policy decides what follows a failed attempt, a hook only observes.
 * There are two layers of middleware around a step, so that the order of the plugins matters only within a layer, where
 * the first plugin is the outermost:
 *
 * ```
 * run → step (state, cache, span) → [ attempt (timeout, circuit breaker, bulkhead) → the function → policy (retry) ]*
 * ```
 */
export interface Plugin {
  /** Unique among the plugins of a pipe. */
  readonly name: string
  /** The step options it owns. An option that no plugin of the pipe owns is an error when a run starts. */
  readonly stepOptions?: readonly (keyof StepOptions)[]
  /**
   * The options of runs that it owns, each with its rule; see {@link OptionRule}. They are added to `RunOptions` by
   * declaration merging and are found in {@link RunContext.options}.
   */
  readonly runOptions?: Readonly<Record<string, OptionRule>>
  /** Acquires what the plugin needs. Called once, in list order, before the first run; again when it failed. */
  setup?(host: PluginHost): Awaitable<void>
  /** Releases what `setup` acquired. Called once, in reverse order, only when `setup` finished; all are called. */
  close?(): Awaitable<void>
  /** Wraps every run. */
  readonly run?: RunMiddleware
  /**
   * Asked once for each step when a pipeline is first run, which may be before `setup` has finished; answers what wraps
   * that step with all its attempts, or `undefined` when the plugin has nothing to do with it: such steps pay nothing. A
   * throw refuses the step's options.
   */
  step?(step: StepInfo): StepMiddleware | undefined
  /** Like `step`, for what wraps each attempt. */
  attempt?(step: StepInfo): AttemptMiddleware | undefined
  /** Like `step`, for what decides after a failed attempt. The first plugin with a decision wins. */
  policy?(step: StepInfo): FailurePolicy | undefined
  /** Like `step`, for what wraps the undo; asked only for steps and items that have one. */
  undo?(step: StepInfo): UndoMiddleware | undefined
  /** What a dry run says of a step; `undefined` for nothing special. */
  dryRun?(step: StepInfo, run: DryRunInfo): Awaitable<DryRunVerdict | undefined>
  /**
   * Fields that it adds to the contexts of steps, by name: each says what makes the value, and is called whenever
   * somebody reads the field. A field has one owner; of those that contexts have anyway only `log` can be made here. Must
   * not throw. A step that does not read a field pays nothing for it.
   */
  readonly context?: ContextFields
  /** Observers. What they return is ignored; what they throw is reported and never changes a run. */
  readonly hooks?: Partial<Hooks>
}

/** What a plugin gets to work with. The same object for the life of the pipe. */
export interface PluginHost {
  readonly clock: Clock
  /** A number from 0 up to, not including, 1. */
  readonly random: () => number
  /** The events of the pipe; a plugin may emit events of its own that it added to `Hooks`. */
  readonly events: Events
  /** The services of the pipe, by id. */
  readonly services: Readonly<Record<string, unknown>>
  /** Reports an error that must not change a run. */
  readonly report: (error: unknown) => void
}

/** A step as a plugin sees it before any run. */
export interface StepInfo {
  /** Name of the pipeline the step belongs to. */
  readonly pipeline: string
  /** Id in that pipeline; the items of a map have the id of the map. */
  readonly id: string
  /** `item` stands for each item of a map: the step options of a map are meant for its items. */
  readonly kind: NodeKind | 'item'
  /** What it runs: a function, or others (a pipeline, items), or nothing (a choice between others). */
  readonly runs: 'function' | 'others' | 'nothing'
  /** The options that plugins own. */
  readonly options: Readonly<StepOptions>
  readonly optional: boolean
  /** Whether what it did can be undone. */
  readonly undoable: boolean
  readonly version: string | undefined
}

/**
 * What makes fields of {@link StepContext}; plugins add fields to it by declaration merging. `run` is the one that the step
 * belongs to, the same object that run middleware has: a function that was given up may read a field when another run has
 * its id. `undefined` when the pipe has no run middleware.
 */
export type ContextFields = {
  readonly [F in keyof StepContext]?: (ctx: MiddlewareContext, run: RunContext | undefined) => StepContext[F]
}

/** The context of a middleware: that of the step, and what it reads. */
export interface MiddlewareContext extends StepContext<Uses> {
  /** The outputs that the step reads; for an item of a map, those that the map reads. */
  readonly needs: unknown
  /** The item, in a map. */
  readonly item?: unknown
  /**
   * Why what the step is part of is stopping: the run, or the pipeline or map around it; `undefined` while it is not. What
   * a step fails with after that follows from it. Always up to date.
   */
  readonly stopped?: PipelineError | undefined
  /**
   * How long the first attempt waits, ms, if a middleware says so to `next`: the engine waits as it does after a failed
   * attempt, without taking up `concurrency`.
   */
  readonly delayMs?: number | undefined
}

/** The context of an attempt middleware. */
export interface AttemptContext extends MiddlewareContext {
  /**
   * Ends this attempt: aborts its signal with `reason` and makes it fail with `reason`, whether its function returns or
   * not, once it has had `graceMs` milliseconds to (default 0: no more than to heed its signal at once). A policy may
   * decide on another attempt, which starts only when the function has returned. Ignored when the attempt has settled.
   */
  readonly abort: (reason: Error, graceMs?: number) => void
  /** Calls `cleanup` once when this attempt settles, however it does. */
  readonly defer: (cleanup: () => void) => void
}

/**
 * Runs what is inside, and answers with its output; `ctx` replaces the context for everything inside. May be called
 * again, and not at all; throws `NEXT_AFTER_SETTLE` once the step has settled. In step middleware one call waits for the
 * one before, and for a function that was given up: attempts never overlap. What a failed call completed inside, in a
 * pipeline, is undone when the step goes on. A context with a greater `attempt` numbers the attempts from there, and one with
 * `delayMs` lets the first wait: for steps that another process has tried.
 */
export type Next<C> = (ctx?: C) => Awaitable<unknown>

/**
 * Wraps a step with all its attempts. Answers with the output. When it answers without ever calling `next`, the step is
 * `restored`: it did not run. `next` resolves with a `Skip` when the condition of the step is false; answer with
 * it, or with a `skip(reason)` of your own, and the step is skipped.
 */
export type StepMiddleware = (ctx: MiddlewareContext, next: Next<MiddlewareContext>) => Awaitable<unknown>

/** Wraps one attempt. Answers with the output. */
export type AttemptMiddleware = (ctx: AttemptContext, next: Next<AttemptContext>) => Awaitable<unknown>

/**
 * Wraps the undo of a completed step. What it answers with does not count; when it throws or rejects, the undo has failed.
 * When it does not call `next`, nothing is undone and the step counts as undone all the same.
 */
export type UndoMiddleware = (ctx: MiddlewareContext, next: Next<MiddlewareContext>) => Awaitable<unknown>

/** Wraps a run. `next` runs it, once, and answers with its output or rejects with its `PipelineError`. */
export type RunMiddleware = (run: RunContext, next: () => Promise<unknown>) => Awaitable<unknown>

/** A failed attempt. */
export interface Failure {
  /** What it threw, or the reason of `abort`. */
  readonly error: unknown
  /** Number of the attempt, from 1. */
  readonly attempt: number
  /** Milliseconds since the first attempt started. */
  readonly elapsedMs: number
  /** The context of the attempt. Its signal may be aborted. */
  readonly ctx: MiddlewareContext
}

/**
 * What follows a failed attempt. The engine carries it out, so that a durable run can record the time and a distributed
 * one can queue it.
 */
export type Decision =
  /** Another attempt at `retryAt` (epoch ms); with `overlap`, even while the failed one has not returned. */
  | { readonly retryAt: number; readonly overlap?: boolean }
  /** The step succeeds with `output`. */
  | { readonly output: unknown }
  /** The step fails with `error`. */
  | { readonly error: unknown }

/** Decides what follows a failed attempt; `undefined` leaves it to the next plugin. Without a decision the step fails. */
export type FailurePolicy = (failure: Failure) => Decision | undefined

/** What a plugin knows of a dry run. */
export interface DryRunInfo {
  readonly runId: string
  /** Path of the step. */
  readonly stepId: string
  /** As given. */
  readonly input: unknown
  /** The pipeline. */
  readonly definition: AnyPipeline
  /** The options of the run, as given; among them those that plugins own. */
  readonly options: RunOptions
}

/** What a plugin says of a step in a dry run. */
export type DryRunVerdict = { readonly restored: true } | { readonly blocked: string }

/** Returns its argument; it exists so that TypeScript infers the types. */
export function definePlugin<P extends Plugin>(plugin: P): P {
  return plugin
}
