import type { TimerHandle } from '@pipe/core'

/** A timer that keeps no process alive, where timers do. */
export function unref(timer: TimerHandle): TimerHandle {
  const { unref: release } = (timer ?? {}) as { readonly unref?: unknown }
  if (typeof release === 'function') Reflect.apply(release, timer, [])
  return timer
}
