import type { Renewed } from '@pipe/state'
import { requestOf } from './rows.ts'
import type { Statements } from './statements.ts'
import type { StoreDatabase } from './store-database.ts'

/**
 * Extends a lease in MySQL, which does not tell of what it changes: the run is looked at, and changed if it is still asked to
 * do the same. Otherwise it is looked at again.
 */
export async function renewAsked(
  database: StoreDatabase,
  sql: Statements,
  id: string,
  fence: number,
  leaseMs: number,
): Promise<Renewed | null> {
  for (;;) {
    const [row] = (await database.read(sql.commandOf(id, fence))).rows
    if (row === undefined) return null
    const { command, reason } = row
    const { changes } = await database.write(sql.renewAsked(leaseMs, id, fence, command!, reason ?? ''))
    if (changes > 0) return requestOf(row)
  }
}
