import { invalidOption } from '@pipe/core'
import { type Entry, type Page, RUN_STATES, type RunFilter, type RunState, type StoredRun } from '@pipe/state'
import type { Dialect, Row, Statement, Value } from '../drivers/driver.ts'
import { type Language, template } from './language.ts'
import { entryOf, runOf } from './rows.ts'
import { RUN_COLUMNS, type StoreTables } from './statements.ts'
import type { StoreDatabase } from './store-database.ts'
import { toText } from './text.ts'

/** How many entries a page has at most. */
const ENTRIES = 1_000
/** A page is full with so many characters of values, whatever the number of rows: all of it is in memory. */
const PAGE_CHARACTERS = 4 * 1024 * 1024

/** Stands before a key that says where a page of entries begins. */
const AFTER = 'after:'

/** Reads entries and runs page by page. */
export interface Pages {
  /** As `StateStore.entries` says. */
  readonly entries: (id: string, after?: string) => Promise<Page<Entry>>
  /** As `StateStore.list` says. */
  readonly list: (filter: RunFilter, limit: number, after?: string) => Promise<Page<StoredRun>>
}

/**
 * What reads page by page. Each page is one statement, and so of one moment: the rows that belong to it, of which those
 * that are beyond {@link PAGE_CHARACTERS} say no more than that they are there.
 */
export function pagesOf(database: StoreDatabase, language: Language, tables: StoreTables): Pages {
  const { runs, entries } = tables
  const entriesAfter = template(
    language,
    `
    SELECT s.entry_key, e.final, e.long_key, e.value FROM (
      SELECT p.born, p.run_id, p.entry_key, SUM(p.size) OVER (ORDER BY p.entry_key) - p.size AS so_far FROM (
        SELECT i.born, i.run_id, i.entry_key, i.size
        FROM ${runs} r JOIN ${entries} i ON i.born = r.born AND i.run_id = r.id
        WHERE r.id = ? AND i.entry_key > ? ORDER BY i.entry_key LIMIT ${ENTRIES + 1}
      ) p
    ) s LEFT JOIN ${entries} e ON e.born = s.born AND e.run_id = s.run_id AND e.entry_key = s.entry_key
      AND s.so_far < ${PAGE_CHARACTERS}
    ORDER BY s.entry_key`,
    true,
  )
  return {
    entries: async (id, after = AFTER) => {
      if (!after.startsWith(AFTER)) throw misplaced(database.dialect, 'entries', after)
      const { rows } = await database.read(entriesAfter(id, after.slice(AFTER.length)))
      return pageOf(
        rows,
        ENTRIES,
        ({ value }) => value !== null,
        entryOf,
        (row) => AFTER + String(row['entry_key']),
      )
    },
    list: async (filter, limit, after) => {
      const start = after === undefined ? undefined : startOf(database.dialect, after)
      const statement = listStatement(language, tables, filter, limit, start)
      if (statement === undefined) return { items: [] }
      const { rows } = await database.read(statement)
      return pageOf(
        rows,
        limit,
        ({ id }) => id !== null,
        (row) => runOf(row),
        (row) => `${Number(row['found_at'])}/${String(row['found_id'])}`,
      )
    },
  }
}

/** The first `limit` of `rows`, or fewer when the others are not there; one at least. */
function pageOf<T>(
  rows: readonly Row[],
  limit: number,
  isThere: (row: Row) => boolean,
  itemOf: (row: Row) => T,
  nextOf: (row: Row) => string,
): Page<T> {
  const beyond = rows.findIndex((row, i) => i === limit || !isThere(row))
  if (beyond === -1) return { items: rows.map(itemOf) }
  return { items: rows.slice(0, beyond).map(itemOf), next: nextOf(rows[beyond - 1]!) }
}

/** Time and id of the run after which a page begins. */
function startOf(dialect: Dialect, after: string): readonly [time: number, id: string] {
  const [, time, id] = /^(-?\d{1,15})\/(.+)$/.exec(after) ?? []
  if (time === undefined || id === undefined) throw misplaced(dialect, 'list', after)
  return [Number(time), id]
}

function misplaced(dialect: Dialect, method: string, after: string): Error {
  const site = { owner: `${method}() of the ${dialect} store`, plugin: 'sql' }
  return invalidOption(site, after, `the \`next\` of a page of ${method}()`, 'after')
}

/**
 * The runs of a page, the last created first, and one more. An index finds so many of each state in their order; they are
 * then put together. `undefined` for none.
 */
function listStatement(
  { now, length, written }: Language,
  { runs, entries }: StoreTables,
  { pipeline, states = RUN_STATES, since, until }: RunFilter,
  limit: number,
  start: readonly [time: number, id: string] | undefined,
): Statement | undefined {
  const shares = sharesOf(RUN_STATES.filter((state) => states.includes(state)))
  if (shares.length === 0) return undefined
  const parameters: Value[] = []
  const found = shares.map(({ state, lease }, i) => {
    const where = [`state = '${state}'`]
    const and = (condition: string, ...values: Value[]) => {
      where.push(condition)
      parameters.push(...values)
    }
    if (pipeline !== undefined) and('pipeline = ?', toText(pipeline))
    if (lease !== undefined) and(`lease_until ${lease} ${now}`)
    if (since !== undefined) and('created_at >= ?', since)
    if (until !== undefined) and('created_at < ?', until)
    // Not as a comparison of two pairs, for which MySQL uses no index.
    if (start !== undefined) and('created_at <= ? AND (created_at < ? OR id < ?)', start[0], start[0], start[1])
    return `
      SELECT * FROM (
        SELECT id, born, created_at, coalesce(${length}(outcome), 0) AS size FROM ${runs}
        WHERE ${where.join(' AND ')} ORDER BY created_at DESC, id DESC LIMIT ${limit + 1}
      ) f${i}`
  })
  const sql = `
    SELECT s.id AS found_id, s.created_at AS found_at, ${RUN_COLUMNS}, d.value AS data, d.recorded_at AS touched_at
    FROM (
      SELECT p.id, p.created_at, SUM(p.size) OVER (ORDER BY p.created_at DESC, p.id DESC) - p.size AS so_far FROM (
        SELECT f.id, f.created_at, f.size + coalesce(k.size, 0) AS size
        FROM (SELECT * FROM (${found.join(' UNION ALL ')}) u ORDER BY created_at DESC, id DESC LIMIT ${limit + 1}) f
        LEFT JOIN ${entries} k ON k.born = f.born AND k.run_id = f.id AND k.entry_key = ''
      ) p
    ) s
    LEFT JOIN ${runs} r ON r.id = s.id AND s.so_far < ${PAGE_CHARACTERS}
    LEFT JOIN ${entries} d ON d.born = r.born AND d.run_id = r.id AND d.entry_key = ''
    ORDER BY s.created_at DESC, s.id DESC`
  return { sql: written(sql.replace(/\s+/g, ' ')), parameters }
}

/**
 * What is looked for in the column `state`; for `running` and `stalled`, which it does not tell apart, how the lease is to
 * now.
 */
interface Share {
  readonly state: RunState
  readonly lease?: '>' | '<='
}

function sharesOf(states: readonly RunState[]): readonly Share[] {
  const running: Share[] = states.includes('running') ? [{ state: 'running', lease: '>' }] : []
  const stalled: Share[] = states.includes('stalled') ? [{ state: 'running', lease: '<=' }] : []
  const others = states.filter((state) => state !== 'running' && state !== 'stalled').map((state) => ({ state }))
  const held = [...running, ...stalled]
  return held.length === 2 ? [{ state: 'running' }, ...others] : [...held, ...others]
}
