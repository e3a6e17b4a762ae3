import { hash } from 'node:crypto'

/** Tells one item from another: equal for what JSON writes alike; `undefined` for what it cannot write. */
export function identityOf(item: unknown): string | undefined {
  try {
    const text = JSON.stringify(item) as string | undefined
    return text === undefined ? undefined : hash('sha1', text, 'base64url')
  } catch {
    return undefined
  }
}
