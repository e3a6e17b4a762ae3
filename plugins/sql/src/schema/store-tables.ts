import { creationOf, type Migration } from './migration.ts'

/**
 * Longest values of columns that are looked for, in bytes. Of a name (200 characters) none has more than four; keys that are
 * longer than their column are known by a hash, since indexes do not hold them.
 */
export const LONGEST_IN_STORE = { id: 200, name: 800, word: 20, key: 255 } as const

const { id, name, word, key: entryKey } = LONGEST_IN_STORE

/** What a run is doing: `RunState` of @pipe/state; here what is stalled is running, for that depends on the time. */
const STATE = `CASE WHEN status NOT IN ('running', 'waiting', 'blocked') THEN status
    WHEN command = 'pause' THEN 'paused' WHEN command = 'cancel' THEN 'cancelling' ELSE status END`

/**
 * The tables of the store. `born` is the fence that a run had when it was created or last began anew: with the id it names
 * one life of a run, never another, so entries of a life that is over cannot turn up in the next one. They are removed
 * little by little: `durable_trash` has such lives. `leased_at` is when the lease was given or renewed. `durable_fences` has
 * one row, with the highest fence of all runs that were forgotten.
 */
export const storeMigrations: readonly Migration[] = [
  {
    name: 'store-1',
    statements: creationOf(
      {
        name: 'durable_runs',
        columns: ({ key, text, number, count }) => [
          `id ${key(id)} NOT NULL`,
          `born ${number} NOT NULL`,
          `pipeline ${key(name)} NOT NULL`,
          `status ${key(word)} NOT NULL`,
          `command ${key(word)} NOT NULL`,
          `state ${key(word)} GENERATED ALWAYS AS (${STATE}) STORED`,
          `owner ${key(name)} NOT NULL`,
          `fence ${number} NOT NULL`,
          `lease_until ${number} NOT NULL`,
          `leased_at ${number} NOT NULL`,
          `crashes ${count} NOT NULL`,
          `created_at ${number} NOT NULL`,
          `updated_at ${number} NOT NULL`,
          `ended_at ${number}`,
          `reason ${text}`,
          `outcome ${text}`,
        ],
        primaryKey: ['id'],
        indexes: [
          { columns: ['state', 'created_at', 'id'] },
          { columns: ['pipeline', 'state', 'created_at', 'id'] },
          { columns: ['state', 'lease_until'], where: `state = 'running'` },
          { columns: ['status', 'leased_at'], where: `status = 'running'` },
          { columns: ['status', 'ended_at', 'id'], where: 'ended_at IS NOT NULL' },
        ],
      },
      {
        // The row without a key has what the run was created with.
        name: 'durable_entries',
        columns: ({ key, text, number, count }) => [
          `born ${number} NOT NULL`,
          `run_id ${key(id)} NOT NULL`,
          `entry_key ${key(entryKey)} NOT NULL`,
          `final ${count} NOT NULL`,
          `recorded_at ${number} NOT NULL`,
          `size ${count} NOT NULL`,
          `long_key ${text}`,
          `value ${text} NOT NULL`,
        ],
        primaryKey: ['born', 'run_id', 'entry_key'],
      },
      {
        name: 'durable_trash',
        columns: ({ key, number }) => [`born ${number} NOT NULL`, `run_id ${key(id)} NOT NULL`],
        primaryKey: ['born', 'run_id'],
      },
      {
        name: 'durable_fences',
        columns: ({ number, count }) => [`one ${count} NOT NULL`, `fence ${number} NOT NULL`],
        primaryKey: ['one'],
      },
    ),
  },
]
