import type { Dialect, Statement, Value } from '../drivers/driver.ts'
import type { HistoryTables } from '../schema/tables.ts'
import { type ColumnKind, COLUMNS } from './columns.ts'

type Table = keyof HistoryTables

/** What a row that comes does to the row that is there. In its expressions `new.c` is what comes and `old.c` what is there. */
interface Meeting {
  readonly key: readonly string[]
  /** When it takes the place of the other. */
  readonly when: string
  /** Columns that do not just become what comes, in the order in which they may be computed one after the other. */
  readonly except: Readonly<Record<string, string>>
}

const SAME = 'old.execution = new.execution'
const OTHER = 'old.execution <> new.execution'
const LATER = `(${SAME} AND new.seq > old.seq)`

/**
 * Rows may come twice, since an answer was lost, and late, since a process hung: within one execution the later state
 * wins. Of two executions the one with the greater fence has the run, whoever writes last: an old one cannot take it back.
 * A run that begins anew meets no row: what was there is forgotten before.
 */
const MEETINGS: Readonly<Record<Table, Meeting>> = {
  pipeline_executions: {
    key: ['run_id'],
    when: `${LATER} OR new.fence > old.fence`,
    except: {
      executions: `CASE WHEN ${SAME} THEN old.executions ELSE old.executions + 1 END`,
      duration_ms: 'new.ended_at - old.started_at',
      started_at: 'old.started_at',
      // A heartbeat may have come before.
      seen_at: `CASE WHEN ${SAME} AND old.seen_at > new.seen_at THEN old.seen_at ELSE new.seen_at END`,
      input: 'COALESCE(new.input, old.input)',
      trace_id: 'COALESCE(new.trace_id, old.trace_id)',
    },
  },
  // What ended here was done here. That it runs here, or was restored here, says less than what another one wrote.
  step_executions: {
    key: ['run_id', 'path'],
    when: `${LATER} OR (${OTHER} AND new.status <> 'running' AND new.status <> 'restored')`,
    except: {
      started_at: 'COALESCE(new.started_at, old.started_at)',
      wait_ms: 'COALESCE(new.wait_ms, old.wait_ms)',
      input: 'COALESCE(new.input, old.input)',
    },
  },
  step_attempts: { key: ['run_id', 'path', 'attempt'], when: '1 = 1', except: {} },
}

/** A row without what it has no value for. */
type SparseRow = Readonly<Record<string, Value | undefined>>

/** Statements that write rows, so that each can be written again. */
export type Upsert = (rows: readonly SparseRow[]) => readonly Statement[]

/** Writes the rows of a table. No two of them have the same key. */
export function upsertOf(dialect: Dialect, prefix: string, table: Table): Upsert {
  const kinds = COLUMNS[table]
  const columns = Object.keys(kinds)
  const into = `INSERT INTO ${prefix}${table} (${columns.join(', ')})`
  const places = `(${columns.map(() => '?').join(', ')})`
  const valuesOf = (row: SparseRow) => columns.map((column) => row[column] ?? null)
  if (dialect === 'sqlite') {
    const sql = `${into} VALUES ${places} ${onConflict(table, prefix)}`
    return (rows) => rows.map((row) => ({ sql, parameters: valuesOf(row) }))
  }
  if (dialect === 'mysql') {
    const update = onDuplicateKey(table, prefix)
    return (rows) =>
      chunksOf(rows).map((chunk) => ({
        sql: `${into} VALUES ${chunk.map(() => places).join(', ')} ${update}`,
        parameters: chunk.flatMap(valuesOf),
      }))
  }
  const from = `json_to_recordset($1::json) AS r(${columns.map((column) => `${column} ${POSTGRES[kinds[column]!]}`).join(', ')})`
  const sql = `${into} SELECT ${columns.map((column) => `r.${column}`).join(', ')} FROM ${from} ${onConflict(table, prefix)}`
  return (rows) => (rows.length === 0 ? [] : [{ sql, parameters: [JSON.stringify(rows)] }])
}

const POSTGRES: Readonly<Record<ColumnKind, string>> = { text: 'text', number: 'double precision', count: 'integer' }

/** So many rows has a statement at most: the server keeps each statement that was prepared, for each connection. */
const LONGEST_CHUNK = 128

/**
 * Rows in parts of 1, 2, 4 and so on, so that there are few different statements. What is missing of the last part is
 * filled up with rows of the same part: written again, they change nothing.
 */
export function chunksOf<T>(rows: readonly T[]): readonly (readonly T[])[] {
  const chunks = []
  for (let from = 0; from < rows.length; from += LONGEST_CHUNK) {
    const chunk = rows.slice(from, from + LONGEST_CHUNK)
    const length = 2 ** Math.ceil(Math.log2(chunk.length))
    chunks.push([...chunk, ...chunk.slice(0, length - chunk.length)])
  }
  return chunks
}

/** The columns that a row that comes changes, with what they become: those that `when` looks at are the last. */
function changesOf(table: Table): readonly (readonly [column: string, becomes: string])[] {
  const { key, except } = MEETINGS[table]
  const own = Object.keys(COLUMNS[table]).filter((column) => !key.includes(column))
  const last = ['seq', 'execution', 'fence'].filter((column) => own.includes(column))
  const plain = own.filter((column) => !(column in except) && !last.includes(column))
  return [...Object.entries(except), ...[...plain, ...last].map((column) => [column, `new.${column}`] as const)]
}

function onConflict(table: Table, prefix: string): string {
  const { key, when } = MEETINGS[table]
  const said = (sql: string) => sql.replaceAll('new.', 'excluded.').replaceAll('old.', `${prefix}${table}.`)
  const set = changesOf(table).map(([column, becomes]) => `${column} = ${said(becomes)}`)
  return `ON CONFLICT (${key.join(', ')}) DO UPDATE SET ${set.join(', ')} WHERE ${said(when)}`
}

/** MySQL has no condition for all, and computes columns one after the other, from those that have changed already. */
function onDuplicateKey(table: Table, prefix: string): string {
  const { when } = MEETINGS[table]
  const old = `${prefix}${table}.`
  const said = (sql: string) => sql.replaceAll(/new\.(\w+)/g, 'VALUES($1)').replaceAll('old.', old)
  const set = changesOf(table).map(
    ([column, becomes]) => `${old}${column} = IF(${said(when)}, ${said(becomes)}, ${old}${column})`,
  )
  return `ON DUPLICATE KEY UPDATE ${set.join(', ')}`
}
