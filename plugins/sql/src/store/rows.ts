import type { Command, Entry, Renewed, StoredRun, StoredStatus } from '@pipe/state'
import type { Row, Value } from '../drivers/driver.ts'
import { fromText } from './text.ts'

const text = (value: Value | undefined) => fromText(String(value))

/** The run in a row of `durable_runs`, with its `data`, which may be in the row too. */
export function runOf(row: Row, data: string = text(row['data'] ?? '')): StoredRun {
  return {
    id: String(row['id']),
    pipeline: text(row['pipeline']),
    data,
    // Nothing but this package writes the column.
    status: String(row['status']) as StoredStatus,
    ...requestOf(row),
    ...(row['outcome'] !== null && { outcome: text(row['outcome']) }),
    owner: text(row['owner']),
    fence: Number(row['fence']),
    leaseUntil: Number(row['lease_until']),
    crashes: Number(row['crashes']),
    createdAt: Number(row['created_at']),
    updatedAt: Math.max(Number(row['updated_at']), Number(row['touched_at'] ?? 0)),
    ...(row['ended_at'] !== null && { endedAt: Number(row['ended_at']) }),
  }
}

/** What the run in a row is asked to do. */
export function requestOf({ command, reason }: Row): Renewed {
  // Nothing but this package writes the column.
  return { command: String(command) as Command, ...(reason !== null && { reason: text(reason) }) }
}

/** The entry in a row of `durable_entries`. */
export function entryOf(row: Row): Entry {
  const key = row['long_key'] ?? row['entry_key']
  return { key: text(key), value: text(row['value']), final: Number(row['final']) === 1 }
}
