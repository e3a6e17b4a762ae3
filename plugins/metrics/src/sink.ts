/** Something that is measured under one name. */
export interface Instrument {
  /**
   * What becomes of the values: a `counter` adds values from 0 up, an `upDownCounter` any, a `gauge` keeps the last one, a
   * `histogram` counts them by size.
   */
  readonly kind: 'counter' | 'upDownCounter' | 'gauge' | 'histogram'
  /** In the way of OpenTelemetry: `pipe.run.duration`. Letters, digits, `_` and dots. */
  readonly name: string
  /** In UCUM: `s` for seconds, `{run}` for a number of runs; empty when nobody knows. */
  readonly unit: string
  /** One sentence. */
  readonly description: string
  /** The names of its labels. */
  readonly labels: readonly string[]
  /** Upper bounds of the buckets of a histogram, ascending; empty for other kinds. */
  readonly buckets: readonly number[]
}

/** The values of all labels of an instrument, by name. */
export type Labels = Readonly<Record<string, string>>

/** Takes one measured value. */
export type Measure = (value: number) => void

/**
 * Where measurements go. It is called once for each instrument; what it answers with, once for each set of labels; and
 * that, for each value. A throw of the first two is reported, and so is one of the third: none changes a run.
 */
export type MetricsSink = (instrument: Instrument) => (labels: Labels) => Measure
