/** What is kept of a step. */
export interface StepStyle {
  /** Whether anything is. */
  readonly tracked: boolean
  /** What it reads, or gets as an item: always, never, or when it fails. */
  readonly input: boolean | 'failed'
  readonly output: boolean
}
