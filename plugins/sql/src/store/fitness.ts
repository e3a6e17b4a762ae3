import type { Database } from '../database.ts'
import type { StoreDatabase } from './store-database.ts'
import { unfit } from './store-failure.ts'

/** The longest value of an entry, bytes. */
export const MAX_VALUE_BYTES = 4 * 1024 * 1024

/** What MySQL must take in one packet, bytes: a value that has grown to twice its size (`toText`), and what is around it. */
const PACKET = 2 * MAX_VALUE_BYTES + 1024 * 1024

/**
 * Makes sure that the server can keep runs.
 *
 * @throws PipelineError `STORE_UNFIT`, with the remedy
 */
export async function mustFit(database: StoreDatabase): Promise<void> {
  if (database.dialect !== 'mysql') return
  const { rows } = await database.read({ sql: 'SELECT @@max_allowed_packet AS bytes', parameters: [] })
  const bytes = Number(rows[0]?.['bytes'])
  if (bytes >= PACKET) return
  const why = `\`max_allowed_packet\` of the server is ${bytes}, and values may need ${PACKET}. Set it to 16M or more.`
  throw unfit(database.dialect, why)
}

/** Where a database is kept, as far as that can be seen. */
export function placeOf(db: Database): { readonly durable: boolean; readonly shared: boolean } {
  const durable = !isInMemory(db)
  // A PGlite belongs to one process, wherever it keeps what it has.
  return { durable, shared: durable && !('waitReady' in db) }
}

/** A `DatabaseSync`, whose location is that of its file. */
const hasLocation = (db: object): db is { location(): unknown } => 'location' in db && typeof db.location === 'function'

/** Whether it is gone with the process: libraries call it differently. */
function isInMemory(db: object): boolean {
  if ('memory' in db) return db.memory === true
  if (hasLocation(db)) return db.location() === null
  if ('waitReady' in db) return !('dataDir' in db && typeof db.dataDir === 'string') || db.dataDir.startsWith('memory:')
  return false
}
