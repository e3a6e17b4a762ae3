import type { StateStore } from '@pipe/state'

/** A store that is open, and how to be done with it. */
export interface OpenPlace extends AsyncDisposable {
  readonly store: StateStore
}

/** A kind of store that several processes share. */
export interface Backend {
  /** A place where nothing is kept yet, and how to be done with it. */
  readonly make: () => Promise<{ readonly at: string } & AsyncDisposable>
  readonly open: (at: string) => Promise<OpenPlace>
  /**
   * Sets the clock by which leases are measured, where that is not the one of the processes, by so many ms: as leases see
   * it, which is that what is kept of them is so much further back.
   */
  readonly setClock?: (at: string, ms: number) => Promise<void>
}
