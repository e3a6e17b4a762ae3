declare module '@pipe/core' {
  // eslint-disable-next-line @typescript-eslint/no-unused-vars -- declarations merge only when their parameters agree
  interface StepContext<U> {
    /** Metrics of one's own. Missing where the pipe has no plugin `metrics`. */
    readonly metrics?: StepMetrics
  }
  interface RunReports {
    /** What the steps of the run measured with `ctx.metrics`, by name. */
    readonly metrics: RunMetrics
  }
}

/**
 * Metrics of one's own, for the sink and for the result of the run. A name is a letter, then letters, digits, `_` and
 * dots, at most 100; the method that a pipe meets it with first makes it a gauge, a counter or a histogram.
 *
 * Nothing here throws: what cannot be measured is left out, and reported once to `onError` of the pipe.
 */
export interface StepMetrics {
  /** Sets a value; the last one counts. It is no sum: for that, `increment`. A gauge. */
  readonly add: (name: string, value: number) => void
  /** Adds `delta` to what the run has so far, which is 0 at first. Default 1. A counter, so from 0 up. */
  readonly increment: (name: string, delta?: number) => void
  /** Takes one of many values, such as a size or a time. A histogram. */
  readonly record: (name: string, value: number) => void
}

/** What is in the result of values that were given to `record`. */
export interface Summary {
  /** How many there were, from 1. */
  readonly count: number
  /** All of them together. */
  readonly sum: number
  /** The least. */
  readonly min: number
  /** The greatest. */
  readonly max: number
}

/** The metrics of a run by name: a number for what was added or incremented, a summary for what was recorded. */
export type RunMetrics = Readonly<Record<string, number | Summary>>
