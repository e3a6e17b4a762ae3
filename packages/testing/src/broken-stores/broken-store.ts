import type { StateStore } from '@pipe/state'
import type { StoreRule } from '../stores/rule.ts'

/** A store that breaks one rule. */
export interface BrokenStore {
  /** What it does wrong. */
  readonly does: string
  /**
   * What it does otherwise than `sound`, a client of a sound backend. All clients of a backend share `notes`; those of one
   * process share `own`, which is gone with it.
   */
  readonly breaks?: (sound: StateStore, notes: Notes, own: Notes) => Partial<StateStore>
  /** The same for what stands before `guardStore`. */
  readonly outside?: (guarded: StateStore) => Partial<StateStore>
  /** The rule that it breaks; it keeps those that come before. */
  readonly rule: StoreRule
  /** What the suite must say. */
  readonly says: RegExp
}

/** What broken stores keep in their backend, or in their process, by the id of a run. */
export type Notes = Map<string, string>
