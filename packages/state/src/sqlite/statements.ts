import type { EndStatus, RunState } from '../store.ts'

const RUN = 'SELECT pipe_runs.*, data FROM pipe_runs JOIN pipe_data USING (place)'

const CUT = 'UPDATE pipe_runs SET lease_until = ?1 + lease_until - leased_at, leased_at = ?1'

/** What the store asks of the tables, but for what depends on the statuses that are looked for. */
export const SQL = {
  run: `${RUN} WHERE id = ?`,
  runAt: `${RUN} WHERE place = ?`,
  create: `
    INSERT INTO pipe_runs (id, pipeline, status, command, fence, lease_until, crashes, created_at, updated_at)
    VALUES (?, ?, 'waiting', 'run', 0, 0, 0, ?, ?) RETURNING place`,
  keepData: 'INSERT INTO pipe_data (place, data) VALUES (?, ?)',
  nextFence: 'UPDATE pipe_state SET fence = max(fence + 1, ?) WHERE one = 1 RETURNING fence',
  take: `
    UPDATE pipe_runs SET status = 'running', owner = ?1, fence = ?2, leased_at = ?3, lease_until = ?4, crashes = ?5,
    updated_at = ?3, outcome = NULL WHERE id = ?6`,
  bury: `UPDATE pipe_runs SET status = 'dead', lease_until = 0, crashes = ?, updated_at = ? WHERE id = ?`,
  renew: `
    UPDATE pipe_runs SET leased_at = ?, lease_until = ? WHERE id = ? AND fence = ? AND lease_until > 0
    RETURNING command, reason`,
  isEarly: `SELECT 1 FROM pipe_runs WHERE status = 'running' AND leased_at > ? LIMIT 1`,
  cut: `${CUT} WHERE status = 'running' AND leased_at > ?1`,
  cutOne: `${CUT} WHERE status = 'running' AND leased_at > ?1 AND id = ?2`,
  release: `
    UPDATE pipe_runs SET status = ?, lease_until = 0, outcome = coalesce(?, outcome), updated_at = ?
    WHERE id = ? AND fence = ? AND lease_until > 0`,
  end: `
    UPDATE pipe_runs SET status = ?, lease_until = 0, outcome = ?, updated_at = ?, ended_at = ?
    WHERE id = ? AND fence = ? AND lease_until > 0`,
  isSo: 'SELECT 1 FROM pipe_runs WHERE id = ? AND fence = ? AND status = ?',
  lease: 'SELECT place, updated_at FROM pipe_runs WHERE id = ? AND fence = ? AND lease_until > 0',
  touch: 'UPDATE pipe_runs SET updated_at = ? WHERE place = ?',
  putEntry: `
    INSERT INTO pipe_entries (run, key, final, value) VALUES (?, ?, ?, ?)
    ON CONFLICT (run, key) DO UPDATE SET final = excluded.final, value = excluded.value WHERE final = 0`,
  entries: `
    SELECT key, final, value FROM pipe_entries
    WHERE run = (SELECT place FROM pipe_runs WHERE id = ?) AND key > ? ORDER BY key`,
  command: `
    UPDATE pipe_runs SET command = ?, reason = ?, updated_at = ?
    WHERE id = ? AND command <> 'cancel' AND status NOT IN ('succeeded', 'failed', 'cancelled')`,
  revive: `UPDATE pipe_runs SET status = 'waiting', crashes = 0, updated_at = ? WHERE id = ? AND status = 'dead'`,
  forgetRun: 'DELETE FROM pipe_runs WHERE place = ?',
  forgetData: 'DELETE FROM pipe_data WHERE place = ?',
  toTrash: 'INSERT INTO pipe_trash (place) VALUES (?)',
  inTrash: 'SELECT place FROM pipe_trash ORDER BY place LIMIT 1',
  outOfTrash: 'DELETE FROM pipe_trash WHERE place = ?',
  forgetEntries: 'DELETE FROM pipe_entries WHERE rowid IN (SELECT rowid FROM pipe_entries WHERE run = ? LIMIT ?)',
} as const

/**
 * The places of runs, the last created first. Takes the pipeline, the time now, the first time, the time and the place
 * to stay below, and how many. An index finds so many of each state in their order; they are then put together.
 *
 * @param ofPipeline whether only those of a pipeline are looked for
 */
export function listSql(states: readonly RunState[], ofPipeline: boolean): string {
  const inPipeline = ofPipeline ? 'AND pipeline = ?1' : ''
  const found = sharesOf(states).map(({ state, lease }) => {
    const index = lease === '<=' ? 'lease' : ofPipeline ? 'pipeline' : 'state'
    const until = lease === undefined ? '' : `AND lease_until ${lease} ?2`
    return `
    SELECT * FROM (
      SELECT place, created_at FROM pipe_runs INDEXED BY pipe_runs_by_${index}
      WHERE state = '${state}' ${inPipeline} ${until} AND created_at >= ?3 AND (created_at, place) < (?4, ?5)
      ORDER BY created_at DESC, place DESC LIMIT ?6
    )`
  })
  return `${found.join(' UNION ALL ')} ORDER BY created_at DESC, place DESC LIMIT ?6`
}

/** What is looked for in the column `state`; for `running` and `stalled`, which it does not tell apart, how the lease is to now. */
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

/**
 * The places of runs that have ended, those first that ended first. Takes the time before which they did, and how many.
 */
export function endedSql(statuses: readonly EndStatus[]): string {
  const found = statuses.map(
    (status) => `
    SELECT * FROM (
      SELECT place, ended_at FROM pipe_runs INDEXED BY pipe_runs_by_end
      WHERE status = '${status}' AND ended_at < ?1 ORDER BY ended_at, place LIMIT ?2
    )`,
  )
  return `${found.join(' UNION ALL ')} ORDER BY ended_at, place LIMIT ?2`
}
