import type { SQLOutputValue } from 'node:sqlite'
import type { Command, Entry, Page, Renewed, StoredRun, StoredStatus } from '../store.ts'
import { fromText } from './text.ts'

/** A row, by the names of its columns. */
export type Row = Readonly<Record<string, SQLOutputValue>>

/** A page is full with so many characters of values, whatever the number of rows: it is read in one go. */
const PAGE_CHARACTERS = 4 * 1024 * 1024

const text = (value: SQLOutputValue | undefined) => fromText(String(value))

/** The run in a row of `pipe_runs`, with its `data`. */
export function runOf(row: Row): StoredRun {
  return {
    id: String(row['id']),
    pipeline: text(row['pipeline']),
    data: text(row['data']),
    // Nothing but this package writes the column.
    status: String(row['status']) as StoredStatus,
    ...commandOf(row),
    ...(row['outcome'] !== null && { outcome: text(row['outcome']) }),
    ...(row['owner'] !== null && { owner: text(row['owner']) }),
    fence: Number(row['fence']),
    leaseUntil: Number(row['lease_until']),
    crashes: Number(row['crashes']),
    createdAt: Number(row['created_at']),
    updatedAt: Number(row['updated_at']),
    ...(row['ended_at'] !== null && { endedAt: Number(row['ended_at']) }),
  }
}

/** What the run in a row is asked to do. */
export function commandOf({ command, reason }: Row): Renewed {
  // Nothing but this package writes the column.
  return { command: String(command) as Command, ...(reason !== null && { reason: text(reason) }) }
}

/** The entry in a row of `pipe_entries`. */
export function entryOf(row: Row): Entry {
  return { key: text(row['key']), value: text(row['value']), final: row['final'] === 1 }
}

/**
 * The first `limit` of `rows`, or fewer when they are long; one at least.
 *
 * @param sizeOf how many characters there are of what is long
 * @param nextOf where what follows a row begins
 */
export function pageOf<T>(
  rows: Iterable<Row>,
  limit: number,
  itemOf: (row: Row) => T,
  sizeOf: (item: T) => number,
  nextOf: (row: Row) => string,
): Page<T> {
  const items: T[] = []
  let last: Row | undefined
  let size = 0
  for (const row of rows) {
    if (last !== undefined && (items.length === limit || size >= PAGE_CHARACTERS)) return { items, next: nextOf(last) }
    const item = itemOf(row)
    items.push(item)
    size += sizeOf(item)
    last = row
  }
  return { items }
}
