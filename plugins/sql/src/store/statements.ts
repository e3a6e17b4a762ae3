import type { EndStatus } from '@pipe/state'
import type { Statement, Value } from '../drivers/driver.ts'
import { type Language, template } from './language.ts'

/** The tables of a store, by their names. */
export interface StoreTables {
  readonly runs: string
  readonly entries: string
  readonly trash: string
  readonly fences: string
}

/** How many runs one statement changes, or forgets, at most: what others may wait for. */
export const RUNS_AT_ONCE = 100

/**
 * {@link RUNS_AT_ONCE} ids out of as many or fewer, one at least, some of them more than once: so one text does for any
 * number of them.
 */
export const padded = (ids: readonly string[]): string[] =>
  Array.from({ length: RUNS_AT_ONCE }, (_, i) => ids[i] ?? ids[0]!)

export const tablesOf = (prefix: string): StoreTables => ({
  runs: `${prefix}durable_runs`,
  entries: `${prefix}durable_entries`,
  trash: `${prefix}durable_trash`,
  fences: `${prefix}durable_fences`,
})

/** The columns of `durable_runs` that are read, with `r` for the table. */
export const RUN_COLUMNS =
  'r.id, r.born, r.pipeline, r.status, r.command, r.owner, r.fence, r.lease_until, r.crashes, r.created_at, r.updated_at, r.ended_at, r.reason, r.outcome'

/** What the store asks, but for what depends on how many there are of something: each takes its parameters in order. */
export type Statements = ReturnType<typeof statementsOf>

/** The statements of a store, whose texts are made once. */
export function statementsOf(language: Language, tables: StoreTables) {
  const { dialect, now, nowMicros, larger, forUpdate, text, number } = language
  const { runs, entries, trash, fences } = tables
  const make = (sql: string) => template(language, sql)
  const often = (sql: string) => template(language, sql, true)
  const ids = Array.from({ length: RUNS_AT_ONCE }, () => '?').join(', ')

  // The time in µs, but higher than the last one: so it rises also when a server takes over that has lost the last one.
  const nextFence = `${larger}(fence + 1, ${nowMicros})`
  const firstFence = `${larger}(coalesce((SELECT fence FROM ${fences} WHERE one = 1), 0) + 1, ${nowMicros})`
  const returning = (columns: string) => (dialect === 'mysql' ? '' : `RETURNING ${columns}`)
  const whole = returning(`
    ${RUN_COLUMNS.replaceAll('r.', '')}, (
      SELECT d.value FROM ${entries} d WHERE d.born = ${runs}.born AND d.run_id = ${runs}.id AND d.entry_key = ''
    ) AS data`)
  /** What is as it was looked at is changed; what is not has been changed by somebody else. */
  const asSeen = 'id = ? AND born = ? AND fence = ? AND status = ? AND lease_until = ? AND command = ?'
  /** A lease that was given in what is the future, since the clock was set back. */
  const isEarly = `status = 'running' AND leased_at > ${now}`
  // In MySQL, what is assigned first is what those that follow see.
  const cut = `UPDATE ${runs} SET lease_until = lease_until - (leased_at - ${now}), leased_at = ${now}`
  const run = `
    SELECT ${RUN_COLUMNS}, r.leased_at, d.value AS data, d.recorded_at AS touched_at, ${now} AS asked_at
    FROM ${runs} r LEFT JOIN ${entries} d ON d.born = r.born AND d.run_id = r.id AND d.entry_key = ''
    WHERE r.id = ?`
  const create = (conflict: string) => `
    INSERT INTO ${runs}
    (id, born, pipeline, status, command, owner, fence, lease_until, leased_at, crashes, created_at, updated_at)
    SELECT ?${text}, c.fence, ?${text}, 'running', 'run', ?${text}, c.fence, c.made_at + ?${number}, c.made_at, 0,
    c.made_at, c.made_at
    FROM (SELECT ${firstFence} AS fence, ${now} AS made_at) c ${conflict}`
  const keepData = (from: string) => `
    INSERT INTO ${entries} (born, run_id, entry_key, final, recorded_at, size, value)
    SELECT r.born, r.id, '', 1, r.created_at, ?${text === '' ? '' : '::integer'}, ?${text} FROM ${from}`
  const remove = {
    postgres: `DELETE FROM ${entries} WHERE ctid = ANY (ARRAY(
      SELECT ctid FROM ${entries} WHERE born = ? AND run_id = ? LIMIT ${REMOVED_AT_ONCE}))`,
    mysql: `DELETE FROM ${entries} WHERE born = ? AND run_id = ? LIMIT ${REMOVED_AT_ONCE}`,
    sqlite: `DELETE FROM ${entries} WHERE rowid IN (
      SELECT rowid FROM ${entries} WHERE born = ? AND run_id = ? LIMIT ${REMOVED_AT_ONCE})`,
  }
  const raise =
    dialect === 'mysql'
      ? 'ON DUPLICATE KEY UPDATE fence = GREATEST(fence, VALUES(fence))'
      : `ON CONFLICT (one) DO UPDATE SET fence = ${larger}(${fences}.fence, excluded.fence)`

  return {
    now: make(`SELECT ${now} AS asked_at`),
    run: often(run),
    /** Id, pipeline, owner, ms of the lease. */
    create: make(create('')),
    /** Size, data, id. */
    keepData: make(`${keepData(`${runs} r`)} WHERE r.id = ?`),
    /**
     * PostgreSQL: both of them at once, unless there is such a run; answers with the run. Id, pipeline, owner, ms of the
     * lease, size, data.
     */
    createWhole: often(`
      WITH r AS (${create('ON CONFLICT (id) DO NOTHING')} RETURNING *), d AS (${keepData('r')})
      SELECT ${RUN_COLUMNS} FROM r`),
    /** Owner, ms of the lease, crashes, as seen. */
    take: make(`
      UPDATE ${runs} SET status = 'running', owner = ?, fence = ${nextFence}, lease_until = ${now} + ?,
      leased_at = ${now}, crashes = ?, updated_at = ${now}, outcome = NULL WHERE ${asSeen} ${whole}`),
    /** Crashes, as seen. */
    bury: make(`
      UPDATE ${runs} SET status = 'dead', lease_until = 0, crashes = ?, updated_at = ${now} WHERE ${asSeen} ${whole}`),
    /** As seen. */
    asSeen: make(`SELECT id FROM ${runs} WHERE ${asSeen} ${forUpdate}`),
    /** Pipeline, owner, ms of the lease, id. In MySQL, what is assigned first is what those that follow see. */
    beginAnew: make(`
      UPDATE ${runs} SET born = ${nextFence}, fence = ${nextFence}, pipeline = ?, status = 'running', command = 'run',
      owner = ?, lease_until = ${now} + ?, leased_at = ${now}, crashes = 0, created_at = ${now}, updated_at = ${now},
      ended_at = NULL, reason = NULL, outcome = NULL WHERE id = ?`),
    /** Ms of the lease, id, fence. */
    renew: often(`
      UPDATE ${runs} SET lease_until = ${now} + ?, leased_at = ${now} WHERE id = ? AND fence = ? AND lease_until > 0
      ${returning('command, reason')}`),
    /** The same of a run that is asked to do this: command, reason. */
    renewAsked: often(`
      UPDATE ${runs} SET lease_until = ${now} + ?, leased_at = ${now} WHERE id = ? AND fence = ? AND lease_until > 0
      AND command = ? AND coalesce(reason, '') = ?`),
    /** Id, fence. */
    commandOf: often(`SELECT command, reason FROM ${runs} WHERE id = ? AND fence = ? AND lease_until > 0`),
    /** Runs whose lease is early, no more than are cut at once. */
    early: often(`SELECT id FROM ${runs} WHERE ${isEarly} LIMIT ${RUNS_AT_ONCE}`),
    /** Lets early leases begin anew. As many ids as runs are changed at once. */
    cut: make(`${cut} WHERE id IN (${ids}) AND ${isEarly}`),
    /** The same for one. Id. */
    cutOne: make(`${cut} WHERE id = ? AND ${isEarly}`),
    /** Status, outcome, id, fence. */
    release: make(`
      UPDATE ${runs} SET status = ?, lease_until = 0, outcome = coalesce(?, outcome), updated_at = ${now}
      WHERE id = ? AND fence = ? AND lease_until > 0`),
    /** Status, outcome, id, fence. */
    end: often(`
      UPDATE ${runs} SET status = ?, lease_until = 0, outcome = ?, updated_at = ${now}, ended_at = ${now}
      WHERE id = ? AND fence = ? AND lease_until > 0`),
    /** Id, fence, status. */
    isSo: make(`SELECT id FROM ${runs} WHERE id = ? AND fence = ? AND status = ?`),
    /** Command, reason, id. */
    command: make(`
      UPDATE ${runs} SET command = ?, reason = ?, updated_at = ${now}
      WHERE id = ? AND command <> 'cancel' AND status NOT IN ('succeeded', 'failed', 'cancelled') ${whole}`),
    /** Id. */
    revive: make(`
      UPDATE ${runs} SET status = 'waiting', crashes = 0, updated_at = ${now} WHERE id = ? AND status = 'dead' ${whole}`),
    /** Id. */
    ended: make(`SELECT id, born, fence FROM ${runs} WHERE id = ? AND ended_at IS NOT NULL ${forUpdate}`),
    /** As many ids as runs are changed at once, and the time before which they ended. */
    endedOf: (statuses: readonly EndStatus[]): ((...parameters: Value[]) => Statement) => {
      const wanted = statuses.map((status) => `'${status}'`).join(', ')
      return make(`
        SELECT id, born, fence FROM ${runs}
        WHERE id IN (${ids}) AND ended_at < ? AND status IN (${wanted}) ${forUpdate}`)
    },
    /** As many ids as runs are changed at once. */
    toTrash: make(`INSERT INTO ${trash} (born, run_id) SELECT born, id FROM ${runs} WHERE id IN (${ids})`),
    /** The same. */
    forget: make(`DELETE FROM ${runs} WHERE id IN (${ids})`),
    /** Born, id. */
    oneToTrash: make(`INSERT INTO ${trash} (born, run_id) VALUES (?, ?)`),
    /** The highest fence of those that are forgotten. */
    raiseFence: make(`INSERT INTO ${fences} (one, fence) VALUES (1, ?) ${raise}`),
    inTrash: make(`SELECT born, run_id FROM ${trash} ORDER BY born, run_id LIMIT 100`),
    /** Born, id. */
    removeEntries: make(remove[dialect]),
    /** Born, id. */
    outOfTrash: make(`DELETE FROM ${trash} WHERE born = ? AND run_id = ?`),
  }
}

/** How many entries are deleted in one statement, which takes some milliseconds. */
export const REMOVED_AT_ONCE = 200

/**
 * The runs that have ended, those first that ended first. Takes, for each status, the time before which they did.
 *
 * @param limit how many
 */
export function endedSql(statuses: readonly EndStatus[], { runs }: StoreTables, limit: number): string {
  const found = statuses.map(
    (status) => `
    SELECT * FROM (
      SELECT id, ended_at FROM ${runs} WHERE status = '${status}' AND ended_at < ? ORDER BY ended_at, id LIMIT ${limit}
    ) AS ${status}`,
  )
  return `${found.join(' UNION ALL ')} ORDER BY ended_at, id LIMIT ${limit}`
}
