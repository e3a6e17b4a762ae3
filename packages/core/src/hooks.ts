import type { PipelineError } from './errors.ts'
import type { RunResult, RunStatus, StepStatus } from './result.ts'

/** Fields of every event. */
export interface RunEvent {
  readonly runId: string
  /** Name of the pipeline: in events of a step, of the one the step belongs to. */
  readonly pipeline: string
  /** When it happened, epoch ms. */
  readonly at: number
}

/** Fields of every event of a step. */
export interface StepEvent extends RunEvent {
  /** Path of the step, for example `bill/charge` or `orders[42]`. */
  readonly stepId: string
}

/** A step, a map, a call … starts its first attempt. Not sent for steps that are skipped or restored, nor for map items. */
export interface StepStart extends StepEvent {
  readonly needs: unknown
  /**
   * Milliseconds with fractions that it was ready and waited for its turn (`concurrency`) or for the end of a pause.
   * Absent when nothing bounds the run.
   */
  readonly waitMs?: number
}

/** An attempt after the first one starts; of a step or of a map item. */
export interface StepAttempt extends StepEvent {
  /** From 2. */
  readonly attempt: number
}

/** An attempt failed and another one follows at `retryAt`. */
export interface StepRetry extends StepEvent {
  /** Number of the attempt that failed, from 1. */
  readonly attempt: number
  readonly error: unknown
  /** When the next attempt starts, epoch ms. */
  readonly retryAt: number
  /** Milliseconds until then. */
  readonly delayMs: number
}

/** A step reported how far it is with `ctx.progress(value)`. */
export interface StepProgress extends StepEvent {
  readonly value: unknown
}

/** A step has settled; sent once for it, and again when a pipeline around it is run again. */
export interface StepEnd extends StepEvent {
  readonly status: StepStatus
  readonly attempts: number
  readonly durationMs: number
  readonly output?: unknown
  /** What was thrown, as it was. */
  readonly error?: unknown
  /** Why it was skipped or cancelled. */
  readonly reason?: string
}

/** An item of a map has settled. `stepId` is the item's path. */
export interface MapItem extends StepEnd {
  /** Path of the map. */
  readonly mapId: string
  readonly key: string
  readonly index: number
  /** How many items there are; absent when that is known only at the end. */
  readonly total?: number
}

/** The undo of a completed step ran. */
export interface StepUndo extends StepEvent {
  /** What it threw, if it did. */
  readonly error?: unknown
}

/** A run begins. */
export interface RunStart extends RunEvent {
  readonly version: string | undefined
  readonly input: unknown
  readonly tags: Readonly<Record<string, string>>
}

/** A run has settled. */
export interface RunEnd extends RunEvent {
  readonly status: RunStatus
  readonly durationMs: number
  /** The error that the run rejects with. */
  readonly error?: PipelineError
  /** The whole result. */
  readonly result: RunResult
}

/**
 * Everything that can be observed, by name. Plugins and applications observe the same events; plugins add events of
 * their own by declaration merging, with names that do not begin with `run:`, `step:` or `map:`:
 * ```ts
 * declare module '@pipe/core' {
 *   interface Hooks { 'cache:hit': (event: { readonly stepId: string }) => void }
 * }
 * ```
 */
export interface Hooks {
  'run:start': (event: RunStart) => void
  'run:pause': (event: RunEvent) => void
  'run:resume': (event: RunEvent) => void
  'run:end': (event: RunEnd) => void
  'step:start': (event: StepStart) => void
  'step:attempt': (event: StepAttempt) => void
  'step:retry': (event: StepRetry) => void
  'step:progress': (event: StepProgress) => void
  'step:end': (event: StepEnd) => void
  'step:undo': (event: StepUndo) => void
  'map:item': (event: MapItem) => void
}

/** An event with its name, as the stream of a run yields it. */
export type PipeEvent = { [E in keyof Hooks]: { readonly type: E } & Parameters<Hooks[E]>[0] }[keyof Hooks]

/** The names of the events of core; those of plugins are not among them. */
export const hookNames = [
  'run:start',
  'run:pause',
  'run:resume',
  'run:end',
  'step:start',
  'step:attempt',
  'step:retry',
  'step:progress',
  'step:end',
  'step:undo',
  'map:item',
] as const satisfies readonly (keyof Hooks)[]

/** Whether nobody ever sends `name`: it begins like the events of core, and is none of them. */
export function isNoEvent(name: string): boolean {
  return /^(run|step|map):/.test(name) && !(hookNames as readonly string[]).includes(name)
}
