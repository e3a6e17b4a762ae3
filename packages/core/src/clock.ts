/** What {@link Clock.setTimeout} returns. Opaque. */
export type TimerHandle = unknown

/** Time, injected so that tests do not wait. Give your own with `createPipe({ clock })`. */
export interface Clock {
  /** Wall-clock time in milliseconds since the epoch. */
  now(): number
  /** Milliseconds from an arbitrary start; never goes back, so durations are differences of it. */
  monotonic(): number
  /** Calls `callback` once after `ms` milliseconds (at most 2^31 - 1). */
  setTimeout(callback: () => void, ms: number): TimerHandle
  /** Forgets a timer. A timer that has fired is ignored. */
  clearTimeout(handle: TimerHandle): void
}

/** Whether `value` has the methods of a {@link Clock}. */
export function isClock(value: unknown): value is Clock {
  const { now, monotonic, setTimeout, clearTimeout } = (value ?? {}) as Partial<Clock>
  return [now, monotonic, setTimeout, clearTimeout].every((method) => typeof method === 'function')
}

/** The time of this machine. Looks the globals up at each call, so that fake timers installed later are used. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  setTimeout: (callback, ms) => setTimeout(callback, ms),
  clearTimeout: (handle) => clearTimeout(handle as Parameters<typeof clearTimeout>[0]),
}

const LONGEST = 2 ** 31 - 1

/**
 * Calls `callback` once at `at`, by the monotonic clock, since the other one may be set meanwhile, or in the next turn when
 * that has passed; also for times further away than the 24.8 days of a platform timer.
 *
 * @returns a function that forgets the timer
 */
export function callAt(clock: Clock, at: number, callback: () => void): () => void {
  let handle: TimerHandle
  const arm = () => {
    const left = at - clock.monotonic()
    handle = clock.setTimeout(left > LONGEST ? arm : callback, Math.max(0, Math.min(left, LONGEST)))
  }
  arm()
  return () => clock.clearTimeout(handle)
}
