import type { Clock } from '@pipe/core'

/** A clock that stands still until it is told to go on. */
export interface ManualClock extends Clock {
  /** Lets time pass, and fires what is due in its order. */
  readonly advance: (ms: number) => void
}

export function manualClock(): ManualClock {
  let time = 0
  const timers = new Set<{ readonly at: number; readonly callback: () => void }>()
  return {
    now: () => time,
    monotonic: () => time,
    setTimeout: (callback, ms) => {
      const timer = { at: time + ms, callback }
      timers.add(timer)
      return timer
    },
    clearTimeout: (handle) => void timers.delete(handle as never),
    advance: (ms) => {
      time += ms
      for (const timer of [...timers].sort((a, b) => a.at - b.at)) {
        if (timer.at <= time && timers.delete(timer)) timer.callback()
      }
    },
  }
}
