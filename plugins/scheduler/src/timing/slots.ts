/** The times at which something is due, by calculation alone. All are whole milliseconds since the epoch. */
export interface Slots {
  /** The first slot after `after`; `undefined` when there is none any more. */
  readonly next: (after: number) => number | undefined
  /**
   * The slots after `after` up to and with `until`, in a bounded time, however many they are; `undefined` when there are
   * none. `most` is how many of the newest to name, from 1 up.
   */
  readonly between: (after: number, until: number, most: number) => SlotRange | undefined
}

/** Slots in a range of time, at least one. */
export interface SlotRange {
  /** How many there are; of very many slots of a cron expression it is how many were counted. */
  readonly count: number
  /** Whether there are more than `count`. */
  readonly more: boolean
  /** The oldest. */
  readonly first: number
  /** The newest ones, ascending. */
  readonly newest: readonly number[]
}
