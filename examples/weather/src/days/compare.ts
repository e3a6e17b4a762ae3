import type { Measured, Month, MonthReport, Snow } from './month.ts'

/** What is known of a month from different sides. */
interface Sides {
  readonly month: Month
  readonly measured: Measured
  readonly normal: number
  readonly snow: Snow | undefined
}

/** Puts what was measured in a month beside what is normal for it. */
export function compare({ month: { number, name }, measured, normal, snow }: Sides): MonthReport {
  return { number, name, ...measured, normal, warmer: measured.mean - normal, ...(snow !== undefined && { snow }) }
}
