import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { service } from '@pipe/core'
import type { Place } from './place.ts'

/** Who writes: which run, and the token of its lease, which rises whenever a process takes the run. */
interface Writer {
  readonly runId: string
  readonly fence: number
}

/** How much there is of a state. */
export interface StateCount {
  readonly state: string
  readonly places: number
  readonly counties: number
}

/** The table of places, in a database that knows nothing of pipelines. */
export interface PlacesDatabase extends Disposable {
  /**
   * Writes places under a key, all or none: when that was done before, nothing. A place that is there already is replaced.
   *
   * @returns whether they were written now
   * @throws Error when another process has taken the run since
   */
  put(writer: Writer, key: string, places: readonly Place[]): boolean
  /** Removes everything that a run has put. May be called again. Throws as `put` does. */
  forget(writer: Writer): void
  /** The states, by name. */
  states(): StateCount[]
}

export const Places = service<PlacesDatabase>()('places')

/**
 * `calls` of a batch counts how often somebody tried to write it: it is there to be looked at. `fence` of an import is
 * the greatest that was seen: whoever comes with a lower one has lost the run, and does not know yet.
 */
const SCHEMA = `
  PRAGMA journal_mode = WAL;
  CREATE TABLE IF NOT EXISTS places (
    zip TEXT PRIMARY KEY, latitude REAL NOT NULL, longitude REAL NOT NULL,
    city TEXT NOT NULL, state TEXT NOT NULL, county TEXT NOT NULL, run TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS batches (
    key TEXT PRIMARY KEY, run TEXT NOT NULL, places INTEGER NOT NULL, calls INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS imports (run TEXT PRIMARY KEY, fence INTEGER NOT NULL) STRICT, WITHOUT ROWID;
`

/** Opens a SQLite file, which is made with its folder when it is not there. Several processes may do so. */
export function openPlaces(file: string): PlacesDatabase {
  mkdirSync(dirname(file), { recursive: true })
  const db = new DatabaseSync(file, { timeout: 5_000 })
  db.exec(SCHEMA)
  const seen = db.prepare(`
    INSERT INTO imports (run, fence) VALUES (?, ?)
    ON CONFLICT (run) DO UPDATE SET fence = excluded.fence WHERE excluded.fence >= fence`)
  const call = db.prepare(`
    INSERT INTO batches (key, run, places, calls) VALUES (?, ?, ?, 1)
    ON CONFLICT (key) DO UPDATE SET calls = calls + 1 RETURNING calls`)
  const insert = db.prepare(`
    INSERT INTO places (zip, latitude, longitude, city, state, county, run) VALUES (?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (zip) DO UPDATE SET latitude = excluded.latitude, longitude = excluded.longitude, city = excluded.city,
      state = excluded.state, county = excluded.county, run = excluded.run`)
  const count = db.prepare(`
    SELECT state, count(*) AS places, count(DISTINCT county) AS counties FROM places GROUP BY state ORDER BY state`)

  /** Does it in a transaction, unless the writer has lost the run. */
  const write = <T>({ runId, fence }: Writer, work: () => T): T => {
    db.exec('BEGIN IMMEDIATE')
    try {
      if (seen.run(runId, fence).changes === 0) throw new Error(`Another process has taken run "${runId}".`)
      const result = work()
      db.exec('COMMIT')
      return result
    } catch (error) {
      db.exec('ROLLBACK')
      throw error
    }
  }

  return {
    put: (writer, key, places) =>
      write(writer, () => {
        const isNew = call.get(key, writer.runId, places.length)?.['calls'] === 1
        if (!isNew) return false
        for (const { zip, latitude, longitude, city, state, county } of places) {
          insert.run(zip, latitude, longitude, city, state, county, writer.runId)
        }
        return true
      }),
    forget: (writer) =>
      write(writer, () => {
        db.prepare('DELETE FROM places WHERE run = ?').run(writer.runId)
        db.prepare('DELETE FROM batches WHERE run = ?').run(writer.runId)
      }),
    states: () =>
      count.all().map(({ state, places, counties }) => ({
        state: String(state),
        places: Number(places),
        counties: Number(counties),
      })),
    [Symbol.dispose]: () => db.close(),
  }
}
