import type { Context, Span } from '@opentelemetry/api'

/** Something in a run that others run inside of: the run itself, or a step. */
export interface Place {
  /** What is active inside it. */
  readonly context: Context
  /** The innermost span around what is inside. */
  readonly nearest: Span
  /** Whether nothing inside it has spans. */
  readonly hidden: boolean
}
