import { memoryStore, sqliteStore, type StateStore } from '@pipe/state'
import { type FakeClock, fakeClock } from '@pipe/testing'

/** What processes share. */
export interface World {
  /** The time, of the store too: it stands still until it is told to go on. */
  readonly clock: FakeClock
  /** Where runs are recorded. */
  readonly store: StateStore
}

export type StoreName = 'memory' | 'SQLite'

export function newWorld(name: StoreName = 'memory'): World {
  const clock = fakeClock()
  return { clock, store: name === 'memory' ? memoryStore({ clock }) : sqliteStore({ file: ':memory:', clock }) }
}
