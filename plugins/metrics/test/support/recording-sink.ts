import type { Instrument, MetricsSink } from '../../src/index.ts'

/** A sink that keeps what it gets. */
export interface RecordingSink {
  readonly sink: MetricsSink
  readonly instruments: readonly Instrument[]
  /** How many sets of labels were bound. */
  readonly bound: number
  /** By `name{label=value,…}`: the sum of a counter, the last value of a gauge, all values of a histogram. */
  readonly values: Readonly<Record<string, number | readonly number[]>>
  /** Those whose keys begin with `name`; the name itself is left out of the keys. */
  of(name: string): Record<string, number | readonly number[]>
}

export function recordingSink(): RecordingSink {
  const instruments: Instrument[] = []
  const values: Record<string, number | number[]> = {}
  let bound = 0
  return {
    instruments,
    values,
    get bound() {
      return bound
    },
    of: (name) =>
      Object.fromEntries(
        Object.entries(values)
          .filter(([key]) => key.startsWith(`${name}{`))
          .map(([key, value]) => [key.slice(name.length + 1, -1), value]),
      ),
    sink: (instrument) => {
      instruments.push(instrument)
      return (labels) => {
        bound++
        const pairs = Object.entries(labels).map(([label, value]) => `${label}=${value}`)
        const key = `${instrument.name}{${pairs.join()}}`
        return (value) => {
          const before = values[key]
          if (instrument.kind === 'histogram') values[key] = [...(Array.isArray(before) ? before : []), value]
          else if (instrument.kind === 'gauge') values[key] = value
          else values[key] = (typeof before === 'number' ? before : 0) + value
        }
      }
    },
  }
}
