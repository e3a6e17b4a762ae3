import type { Captured } from './captured.ts'
import type { Change, Weight } from './change.ts'
import type { StepStyle, StepStyles } from './step-style.ts'

/** What the runs of a tracker share. */
export interface Desk {
  /** Takes what is to be written. */
  readonly write: (change: Change, weight: Weight) => void
  readonly captured: Captured
  /** What is kept of steps that do not say otherwise. */
  readonly style: StepStyle
  /** And of those that do. */
  readonly styles: StepStyles
  /** The time, epoch ms. */
  readonly now: () => number
  /** Names the process. */
  readonly worker: string
}
