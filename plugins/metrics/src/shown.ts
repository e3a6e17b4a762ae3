import { messageOf } from '@pipe/core'

/** A value as a message shows it. */
export function shown(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(shown).join(', ')}]`
  return typeof value === 'string' ? `'${value}'` : messageOf(value)
}
