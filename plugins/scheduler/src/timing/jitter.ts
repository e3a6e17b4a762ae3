import type { OptionRule } from '@pipe/core'
import { isDuration } from './is-duration.ts'

const LONGEST = 86_400_000

/** The rule of the option `jitter`: how far, at most, the work of a slot may be put off. */
export const aJitter: OptionRule = [
  "a duration from 0 to 1 day, such as '30s'",
  (value) => isDuration(value, 0, LONGEST),
]

/**
 * When the work of a slot starts: from the slot on, before `jitterMs` have passed and before the next slot. The offset is
 * calculated from the name and the slot, so all processes agree on it, and it is spread evenly over names and slots.
 *
 * @param slot epoch ms
 * @param gapMs from this slot to the next one; `Infinity` when there is none
 */
export function fireTime(name: string, slot: number, jitterMs: number, gapMs: number): number {
  return slot + Math.floor((hash(`${name}|${slot}`) / 2 ** 32) * Math.min(jitterMs, gapMs))
}

/** FNV-1a over UTF-16 code units, then the finalizer of MurmurHash3, without which texts that end alike stay close. */
function hash(text: string): number {
  let h = 0x811c9dc5
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193)
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}
