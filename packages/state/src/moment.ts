import type { Clock } from '@pipe/core'

/** When something was, by both clocks of a process. */
export interface Moment {
  readonly monotonic: number
  /** Epoch ms. */
  readonly wall: number
}

export const momentOf = (clock: Clock): Moment => ({ monotonic: clock.monotonic(), wall: clock.now() })

/**
 * How long ago that was at most, ms, as far as can be known here: a monotonic clock may stand still while the machine
 * sleeps, and a wall clock may be set, back too.
 */
export const msSince = (clock: Clock, { monotonic, wall }: Moment): number =>
  Math.max(clock.monotonic() - monotonic, clock.now() - wall)
