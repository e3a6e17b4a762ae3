import { setTimeout as sleep } from 'node:timers/promises'
import { service } from '@pipe/core'

/** Waits before a batch, so that there is time to watch, and to pull the plug. */
export type Pacing = (signal: AbortSignal) => Promise<void>

export const Pace = service<Pacing>()('pace')

/** One second a batch, or no time at all. */
export const paceOf = (slow: boolean): Pacing =>
  slow ? (signal) => sleep(1_000, undefined, { signal }) : () => Promise.resolve()
