import { sql } from 'kysely'

/** What counts rows, and those of each status. PostgreSQL counts in texts. */
export const countColumns = <const S extends string>(statuses: readonly S[]) => [
  sql<number | string>`count(*)`.as('counted'),
  ...statuses.map((status) =>
    sql<number | string>`sum(case when status = ${sql.lit(status)} then 1 else 0 end)`.as(status),
  ),
]

/** How many rows have which status. */
export function countsIn<const S extends string>(
  row: Readonly<Record<S, number | string>>,
  statuses: readonly S[],
): Readonly<Record<S, number>> {
  const counts: Partial<Record<S, number>> = {}
  for (const status of statuses) counts[status] = Number(row[status])
  // All of them were counted.
  return counts as Record<S, number>
}
