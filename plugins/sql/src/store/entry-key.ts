import { createHash } from 'node:crypto'
import { LONGEST_IN_STORE } from '../schema/store-tables.ts'
import { toText } from './text.ts'

/** No text of a key that is kept as it is begins like this: see {@link toText}. */
const HASHED = '\u0001#'

/** A key as it is looked for, and, where that is a hash, the key itself. Both as {@link toText} makes them. */
export interface EntryKey {
  readonly entryKey: string
  readonly longKey: string | null
}

export function entryKeyOf(key: string): EntryKey {
  const text = toText(key)
  // No character has more than three bytes for each of its code units.
  const isShort = text.length * 3 <= LONGEST_IN_STORE.key || Buffer.byteLength(text) <= LONGEST_IN_STORE.key
  if (isShort) return { entryKey: text, longKey: null }
  return { entryKey: HASHED + createHash('sha256').update(text).digest('hex'), longKey: text }
}
