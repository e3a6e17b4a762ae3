import type { Clock } from '@pipe/core'

/** Longest timer that a platform has, ms: 24.8 days. */
export const LONGEST = 2 ** 31 - 1

/** Resolves after `ms` milliseconds; rejects with the reason of `signal` when that aborts before. */
export function sleep(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = () => {
      clock.clearTimeout(timer)
      reject(signal.reason as Error)
    }
    const timer = clock.setTimeout(
      () => {
        signal.removeEventListener('abort', abort)
        resolve(ms > LONGEST ? sleep(clock, ms - LONGEST, signal) : undefined)
      },
      Math.min(ms, LONGEST),
    )
    if (signal.aborted) abort()
    else signal.addEventListener('abort', abort, { once: true })
  })
}
