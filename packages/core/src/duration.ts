import { messageOf, PipelineError } from './errors.ts'

/**
 * A length of time: a number of milliseconds, or a number with a unit, such as `'250ms'`, `'30s'`, `'5m'`, `'2h'`, `'1d'`.
 * Fractions are allowed (`'1.5s'`), negative values are not.
 */
export type Duration = number | `${number}${'ms' | 's' | 'm' | 'h' | 'd'}`

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/**
 * The milliseconds of a {@link Duration}.
 *
 * @param value the duration; `Infinity` is allowed and means no limit
 * @param name what to call it in the error, for example ``option `timeout` of step "a"``
 * @throws PipelineError `OPTION_INVALID` when it is negative, not a number, or has an unknown unit
 */
export function toMs(value: Duration, name = 'duration'): number {
  const [, digits, unit] = typeof value === 'string' ? (/^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(value) ?? []) : []
  const ms = typeof value === 'number' ? value : Number(digits) * (UNITS[unit ?? ''] ?? NaN)
  if (ms >= 0) return ms
  throw new PipelineError(
    'OPTION_INVALID',
    `Expected ${name} to be milliseconds from 0 up or a string such as '30s', got ${messageOf(value)} (${typeof value}).`,
  )
}
