import { PipelineError } from '@pipe/core'
import type { DatabaseSync } from 'node:sqlite'

/** The version of the tables that this package makes and understands. */
const SCHEMA_VERSION = 2

/**
 * What turns the tables of one version into those of the next: the first step begins with nothing. Steps that were
 * published stay as they are; new ones are added.
 *
 * `pipe_runs` is written often, so what is long and never changes is in `pipe_data`. A `place` is never given again:
 * entries of a run that is forgotten cannot turn up in another. They are removed little by little: `pipe_trash` has the
 * places of such runs. Strings of users are kept as `toText` makes them.
 */
const STEPS: readonly string[] = [
  `
  CREATE TABLE pipe_state (one INTEGER PRIMARY KEY CHECK (one = 1), version INTEGER NOT NULL, fence INTEGER NOT NULL)
    STRICT;
  CREATE TABLE pipe_runs (
    place INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    pipeline TEXT NOT NULL,
    status TEXT NOT NULL,
    command TEXT NOT NULL,
    owner TEXT,
    fence INTEGER NOT NULL,
    lease_until INTEGER NOT NULL,
    crashes INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    ended_at INTEGER,
    reason TEXT,
    outcome TEXT
  ) STRICT;
  CREATE INDEX pipe_runs_by_status ON pipe_runs (status, created_at, place);
  CREATE INDEX pipe_runs_by_pipeline ON pipe_runs (pipeline, status, created_at, place);
  CREATE INDEX pipe_runs_by_lease ON pipe_runs (lease_until) WHERE status = 'running';
  CREATE INDEX pipe_runs_by_end ON pipe_runs (status, ended_at, place) WHERE ended_at IS NOT NULL;
  CREATE TABLE pipe_data (place INTEGER PRIMARY KEY, data TEXT NOT NULL) STRICT;
  CREATE TABLE pipe_entries (
    run INTEGER NOT NULL,
    key TEXT NOT NULL,
    final INTEGER NOT NULL,
    value TEXT NOT NULL,
    UNIQUE (run, key)
  ) STRICT;
  CREATE TABLE pipe_trash (place INTEGER PRIMARY KEY) STRICT;
  INSERT INTO pipe_state (one, version, fence) VALUES (1, 0, 0);
  `,
  // `leased_at`: when the lease was given or renewed. `state`: see `RunState`; what is stalled is running here, for that
  // depends on the time.
  `
  ALTER TABLE pipe_runs ADD COLUMN leased_at INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE pipe_runs ADD COLUMN state TEXT NOT NULL AS (
    CASE
      WHEN status NOT IN ('running', 'waiting', 'blocked') THEN status
      WHEN command = 'pause' THEN 'paused'
      WHEN command = 'cancel' THEN 'cancelling'
      ELSE status
    END
  ) VIRTUAL;
  DROP INDEX pipe_runs_by_status;
  DROP INDEX pipe_runs_by_pipeline;
  DROP INDEX pipe_runs_by_lease;
  CREATE INDEX pipe_runs_by_state ON pipe_runs (state, created_at, place);
  CREATE INDEX pipe_runs_by_pipeline ON pipe_runs (pipeline, state, created_at, place);
  CREATE INDEX pipe_runs_by_lease ON pipe_runs (lease_until) WHERE state = 'running';
  CREATE INDEX pipe_runs_leased ON pipe_runs (leased_at) WHERE status = 'running';
  `,
]

/**
 * Makes the tables, or brings them up to this version. Inside of a transaction that may write.
 *
 * @throws PipelineError `STORE_UNFIT` when they are of a newer version
 */
export function migrate(db: DatabaseSync, file: string): void {
  const version = versionOf(db)
  if (version > SCHEMA_VERSION) {
    const message = `The file ${file} of the sqlite store has tables of version ${version}; this @pipe/state knows ${SCHEMA_VERSION}. Upgrade @pipe/state, or name another file.`
    throw new PipelineError('STORE_UNFIT', message)
  }
  if (version === SCHEMA_VERSION) return
  for (const step of STEPS.slice(version)) db.exec(step)
  db.prepare('UPDATE pipe_state SET version = ?').run(SCHEMA_VERSION)
}

/** The version of the tables; 0 when there are none. */
function versionOf(db: DatabaseSync): number {
  const made = db.prepare(`SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'pipe_state'`).get()
  if (made === undefined) return 0
  return Number(db.prepare('SELECT version FROM pipe_state').get()?.['version'] ?? 0)
}
