import type { Place } from './backends.ts'
import type { Fault } from './failpoints.ts'
import type { Input, PipelineName } from './pipelines.ts'

/** A run that a worker is to start. */
export interface Start {
  readonly id: string
  readonly pipeline: PipelineName
  readonly input: Input
}

/** What a worker is told to do: one argument, as JSON. */
export interface Job {
  readonly place: Place
  /** The file of the ledger. */
  readonly ledger: string
  /** Runs to start at once. */
  readonly starts?: readonly Start[]
  /** Whether it looks for runs that nobody has. */
  readonly recovers?: boolean
  /**
   * Default: 1 s for one that has a fault, whose runs others need not wait for long then; 10 s for others, which keep
   * their runs however slow the machine is.
   */
  readonly leaseMs?: number
  readonly maxCrashes?: number
  readonly fault?: Fault
  /** Whether the ledger is told of each failpoint that it passes. */
  readonly trace?: boolean
  /** How far its clock is ahead of that of its machine, ms. */
  readonly aheadMs?: number
  /** The file of the clock of its machine: see `machine-clock.ts`. */
  readonly clock: string
}

/** What a worker tells, one line of JSON each. */
export type Report =
  | { readonly what: 'ready' }
  /** A run that it started is over for it. */
  | { readonly what: 'over'; readonly id: string; readonly status: string; readonly code?: string }
  /** The store confirmed that it ended a run. */
  | { readonly what: 'ended'; readonly id: string }
  /** Looking for runs failed. */
  | { readonly what: 'error'; readonly message: string }
