import { type RawBuilder, sql } from 'kysely'

/**
 * How long something took, in ms. A percentile is the shortest of the durations that at least so many of a hundred do not
 * exceed (nearest rank): one that was measured.
 */
export interface Durations {
  readonly mean: number
  readonly p50: number
  readonly p95: number
  readonly p99: number
  readonly max: number
}

/** The columns of a statement that become {@link Durations}; all null when there is none. */
export interface DurationColumns {
  readonly mean: number | null
  readonly p50: number | null
  readonly p95: number | null
  readonly p99: number | null
  readonly longest: number | null
}

/**
 * Which part of the rows of a group have a `ms` that is as long or shorter; `rank` in what {@link durationColumns} works
 * on. Exact: k/n and a literal of the same value are the same number, and no database has so many rows that others were.
 */
export const rankIn = (...group: readonly string[]): RawBuilder<number> =>
  sql`cume_dist() over (partition by ${sql.join(group.map((name) => sql.ref(name)))}, ms is null order by ms)`

const percentile = (part: number) =>
  sql<number | null>`min(case when ${sql.ref('rank_in')} >= ${sql.lit(part)} then ms end)`

/** The columns of {@link DurationColumns}, over rows of `ms` (null: does not count) and `rank_in`. */
export const durationColumns = [
  sql<number | null>`avg(ms)`.as('mean'),
  percentile(0.5).as('p50'),
  percentile(0.95).as('p95'),
  percentile(0.99).as('p99'),
  sql<number | null>`max(ms)`.as('longest'),
] as const

export function durationsOf({ mean, p50, p95, p99, longest }: DurationColumns): Durations | undefined {
  if (mean === null || p50 === null || p95 === null || p99 === null || longest === null) return undefined
  return { mean, p50, p95, p99, max: longest }
}
