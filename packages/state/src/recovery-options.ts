import type { OptionRule } from '@pipe/core'
import type { StateStore } from './store.ts'

/** How a run is started that is recovered. */
export interface RecoveryOptions {
  /** Where it is recorded: refused by a `durable()` with another store, and by a pipe without one. */
  readonly store: StateStore
  /** Called when the run is lost: another process may have it, while functions of it may still run here. */
  readonly lost: () => void
}

/** @param store that of the `durable()` */
export const recoveryRule = (store: StateStore): OptionRule => [
  'of the store that durable() has',
  (recovery) => typeof recovery === 'object' && (recovery as Partial<RecoveryOptions> | null)?.store === store,
]
