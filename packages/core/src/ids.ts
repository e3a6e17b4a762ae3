/**
 * A new UUID version 7 (RFC 9562): 48 bits of Unix milliseconds, then random bits, so that ids sort by the time they
 * were made. The random bits are those of the platform's `crypto.randomUUID`, which browsers offer in secure contexts.
 */
export function uuidv7(now: number = Date.now()): string {
  if (now !== last) {
    const time = Math.floor(now).toString(16).padStart(12, '0')
    prefix = `${time.slice(0, 8)}-${time.slice(8)}-7`
    last = now
  }
  // Version 4 has its 12 + 62 random bits in the same places.
  return prefix + crypto.randomUUID().slice(15)
}

// Many ids are made in one millisecond; writing its digits takes as long as the random ones.
let last = -1
let prefix = ''

/** The key of a step in a run; the run is escaped, so that no two pairs of a run and a step have the same key. */
export const idempotencyKeyOf = (runId: string, stepId: string) => `${runId.replace(/[\\:]/g, '\\$&')}:${stepId}`
