/**
 * A new UUID version 7 (RFC 9562): 48 bits of Unix milliseconds, then random bits, so that ids sort by the time they
 * were made. The random bits are those of the platform's `crypto.randomUUID`, which browsers offer in secure contexts.
 */
export function uuidv7(now: number = Date.now()): string {
  const time = Math.floor(now).toString(16).padStart(12, '0')
  // Version 4 has its 12 + 62 random bits in the same places.
  return `${time.slice(0, 8)}-${time.slice(8)}-7${crypto.randomUUID().slice(15)}`
}
