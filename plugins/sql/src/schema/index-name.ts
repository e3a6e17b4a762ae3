import { createHash } from 'node:crypto'

/** PostgreSQL cuts names that are longer, so that two may become the same; MySQL refuses them from one more on. */
const LONGEST_NAME = 63
const HASH = 8

/** The name of an index, after its table and columns. A longer one is cut, and ends in the hash of all of it. */
export function indexNameOf(table: string, columns: readonly string[]): string {
  const name = `${table}_by_${columns.join('_')}`
  if (name.length <= LONGEST_NAME) return name
  const hash = createHash('sha256').update(name).digest('hex').slice(0, HASH)
  return `${name.slice(0, LONGEST_NAME - HASH - 1)}_${hash}`
}
