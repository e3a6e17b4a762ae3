/** How the delay grows from attempt to attempt. */
export type Backoff = 'constant' | 'linear' | 'exponential'

/** How a delay is spread at random, so that those who failed together do not come back together. */
export type Jitter = 'none' | 'full' | 'equal' | 'decorrelated'

/** All that a delay depends on. Delays are milliseconds. */
export interface Schedule {
  readonly backoff: Backoff
  readonly initialDelay: number
  readonly maxDelay: number
  readonly factor: number
  readonly jitter: Jitter
}

/**
 * The milliseconds to wait after failed attempt number `attempt` (from 1). Pure: a delay never depends on an earlier
 * one, so attempts may be made by different processes.
 *
 * @param random a number from 0 up to, not including, 1
 */
export function delayAfter(attempt: number, schedule: Schedule, random: () => number): number {
  const { jitter } = schedule
  if (jitter === 'decorrelated') return decorrelated(attempt, schedule, random)
  const longest = longestAfter(attempt, schedule)
  if (jitter === 'full') return random() * longest
  if (jitter === 'equal') return ((1 + random()) / 2) * longest
  return longest
}

/** The delay without jitter. */
function longestAfter(attempt: number, { backoff, initialDelay, maxDelay, factor }: Schedule): number {
  const growth = { constant: 1, linear: attempt, exponential: factor ** (attempt - 1) }[backoff]
  // Without the inner minimum 0 times Infinity would be no number.
  return Math.min(maxDelay, initialDelay * Math.min(growth, Number.MAX_VALUE))
}

/** After so many attempts it no longer matters which delay was the first. */
const MEMORY = 1_000

/** Each delay is between the first one and three times the one before it, which is drawn again: nobody remembers it. */
function decorrelated(attempt: number, { initialDelay, maxDelay }: Schedule, random: () => number): number {
  let delay = initialDelay
  for (let n = Math.min(attempt, MEMORY); n > 0; n--) {
    delay = Math.min(maxDelay, initialDelay + random() * (3 * delay - initialDelay))
  }
  return delay
}
