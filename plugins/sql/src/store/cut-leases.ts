import { padded, RUNS_AT_ONCE, type Statements } from './statements.ts'
import type { StoreDatabase } from './store-database.ts'

/** Lets leases that were given in what is the future, since the clock was set back, begin anew: some of them at a time. */
export async function cutLeases(database: StoreDatabase, sql: Statements): Promise<void> {
  for (;;) {
    const { rows } = await database.read(sql.early())
    if (rows.length === 0) return
    const { changes } = await database.write(sql.cut(...padded(rows.map(({ id }) => String(id)))))
    // Of a server that reads by another clock than it writes by, some would be there for ever.
    if (rows.length < RUNS_AT_ONCE || changes === 0) return
  }
}

/** The same for the lease of one run. Whether there was anything to do. */
export async function cutLease(database: StoreDatabase, sql: Statements, id: string): Promise<boolean> {
  return (await database.write(sql.cutOne(id))).changes > 0
}
