import { createHash } from 'node:crypto'

/** What stands for what no database can keep as text. */
const REPLACEMENT = '\ufffd'

/** A text as every database can keep it: NUL and halves of surrogate pairs are replaced. */
export function storable(text: string): string {
  const whole = text.isWellFormed() ? text : text.toWellFormed()
  return whole.includes('\0') ? whole.replaceAll('\0', REPLACEMENT) : whole
}

const HASH = 16

/**
 * A text for a column of at most `bytes` bytes that is looked for. A longer one is cut, and ends in the hash of all of it,
 * so that different texts stay different.
 */
export function keyText(text: string, bytes: number): string {
  const key = storable(text)
  // A character has at most three bytes for each of its UTF-16 units.
  if (key.length * 3 <= bytes || Buffer.byteLength(key) <= bytes) return key
  const start = Buffer.from(key).subarray(0, bytes - HASH - 1)
  // What was cut in half is left out.
  return `${start.toString().replace(/\ufffd+$/, '')}~${hashOf(key)}`
}

/** Stands for a text where that is too long, or not to be seen. */
export const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, HASH)
