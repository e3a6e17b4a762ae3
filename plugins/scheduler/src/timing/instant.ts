import type { OptionRule } from '@pipe/core'

/** A point in time: epoch ms, a `Date`, or ISO 8601 with `Z` or an offset, such as `'2026-07-01T09:00+02:00'`. */
export type Instant = number | Date | string

const ISO_8601 = /^(\d{4})-(\d\d)-(\d\d)T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)$/
const LAST = 8.64e15 // of what a Date holds

/** Epoch ms of `value`, rounded to whole ones; `NaN` when it is no {@link Instant}. */
export function instantOf(value: unknown): number {
  if (typeof value === 'string') return parsed(value)
  const ms = Math.round(value instanceof Date ? value.getTime() : typeof value === 'number' ? value : NaN)
  return Math.abs(ms) <= LAST ? ms : NaN
}

function parsed(text: string): number {
  const [, year, month, day] = ISO_8601.exec(text) ?? []
  // Date.parse takes the 30th of February for the 2nd of March.
  const days = new Date(Date.UTC(Number(year), Number(month), 0)).getUTCDate()
  return Number(day) <= days ? Date.parse(text) : NaN
}

export const anInstant: OptionRule = [
  "epoch ms, a Date, or ISO 8601 with Z or an offset, such as '2026-07-01T09:00+02:00'",
  (value) => !Number.isNaN(instantOf(value)),
]
