import { expect } from 'vitest'

/** What is to be said of durations, computed by hand. */
export function durationsIn(all: readonly number[]): unknown {
  if (all.length === 0) return undefined
  const sorted = all.toSorted((a, b) => a - b)
  const nearest = (part: number) => sorted[Math.ceil((part * sorted.length) / 100) - 1]
  const mean = all.reduce((sum, one) => sum + one, 0) / all.length
  return {
    // Databases add up in another order.
    mean: mean === 0 ? 0 : (expect.closeTo(mean, 4) as unknown),
    p50: nearest(50),
    p95: nearest(95),
    p99: nearest(99),
    max: sorted.at(-1),
  }
}
