import { messageOf } from '@pipe/core'
import diff, { type Difference } from 'microdiff'

/** So many differences are told. */
const MOST = 3

/** Where `got` differs from `expected`, in words; an empty string when it does not. */
export function differences(got: object, expected: object): string {
  const all = diff(expected, got)
  const told = all.slice(0, MOST).map(inWords).join('; ')
  return all.length > MOST ? `${told}; and ${all.length - MOST} more` : told
}

function inWords(difference: Difference): string {
  const at = `\`${difference.path.join('.')}\``
  if (difference.type === 'REMOVE') return `${at} is missing, which was ${shown(difference.oldValue)}`
  if (difference.type === 'CREATE') return `${at} is there, ${shown(difference.value)}`
  return `${at} is ${shown(difference.value)} instead of ${shown(difference.oldValue)}`
}

/** A value as a message shows it. */
export function shown(value: unknown): string {
  if (typeof value === 'string') return `'${value}'`
  if (typeof value === 'function') return 'a function'
  if (value instanceof Error || typeof value !== 'object' || value === null) return messageOf(value)
  try {
    return JSON.stringify(value)
  } catch {
    return 'an object'
  }
}
