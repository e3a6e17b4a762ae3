import type { ErrorData, StepStatus } from '@pipe/core'
import type { ExecutionMode, TickStatus } from './status.ts'

/** Where a step is in a pass. `retrying`: an attempt failed and another one follows. */
export type StepState = 'pending' | 'retrying' | StepStatus

/** A step as it was after a tick. */
export interface StepSnapshot {
  readonly status: StepState
  /** Number of the tick in which it came to that; absent while it is pending. */
  readonly tick?: number
  /** Why it failed, was skipped or cancelled. */
  readonly message?: string
}

/** An execution as it was after a tick: plain data, if that is all that its blackboard holds. */
export interface ExecutionSnapshot<B = Record<string, unknown>> {
  readonly executionId: string
  /** Name of the pipeline. */
  readonly pipeline: string
  /** Version of the pipeline. */
  readonly version?: string
  readonly tick: number
  readonly pass: number
  readonly status: TickStatus
  /** How it ticked: `manual` for a tick that was asked for. */
  readonly mode: ExecutionMode
  /** Whether it was running, by itself. */
  readonly isRunning: boolean
  /** When the tick began, epoch ms. */
  readonly startedAt: number
  /** Milliseconds with fractions. */
  readonly durationMs: number
  /** Why the pass ended without an output. */
  readonly error?: ErrorData
  /** The steps by path, also those of pipelines that are called; not those inside items of maps and iterations of loops. */
  readonly steps: Readonly<Record<string, StepSnapshot>>
  readonly blackboard: Readonly<B>
}

/** What was there before, and what afterwards; a field is absent where there was nothing. */
export interface Change<T> {
  readonly from?: T
  readonly to?: T
}

/** What differs between two ticks: only what does is named. */
export interface ExecutionChanges<B = Record<string, unknown>> {
  readonly status?: Change<TickStatus>
  readonly steps: Readonly<Record<string, Change<StepState>>>
  readonly blackboard: { readonly [K in keyof B]?: Change<B[K]> }
}
