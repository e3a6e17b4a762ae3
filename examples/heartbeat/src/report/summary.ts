import type { Measured } from '../samples/measured.ts'

/** What was measured of one thing, together. */
export interface Figures {
  readonly min: number
  readonly average: number
  readonly p50: number
  readonly p95: number
  readonly max: number
}

/** The samples of a time, together. */
export interface Summary {
  readonly samples: number
  /** How many of them each process has taken. */
  readonly processes: readonly { readonly pid: number; readonly samples: number }[]
  /** Absent where there is no sample. */
  readonly figures?: Readonly<Record<Quantity, Figures>>
}

/** What is measured. */
type Quantity = 'delayMs' | 'memoryMb' | 'load'

export function summaryOf(samples: readonly Measured[]): Summary {
  const counts = new Map<number, number>()
  for (const { pid } of samples) counts.set(pid, (counts.get(pid) ?? 0) + 1)
  const of = (what: Quantity) => figuresOf(samples.map((sample) => sample[what]))
  return {
    samples: samples.length,
    processes: [...counts].map(([pid, count]) => ({ pid, samples: count })),
    ...(samples.length > 0 && { figures: { delayMs: of('delayMs'), memoryMb: of('memoryMb'), load: of('load') } }),
  }
}

/** @param values at least one */
export function figuresOf(values: readonly number[]): Figures {
  const sorted = [...values].sort((a, b) => a - b)
  /** The nearest rank: a value that was measured. */
  const percentile = (share: number) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]!
  return {
    min: sorted[0]!,
    average: sorted.reduce((sum, value) => sum + value, 0) / sorted.length,
    p50: percentile(0.5),
    p95: percentile(0.95),
    max: sorted.at(-1)!,
  }
}
