import type { Exception } from '@opentelemetry/api'
import { messageOf } from '@pipe/core'

/** So many causes are followed. */
const DEEPEST = 16

/**
 * The attribute `error.type`: the `code` of an error when that is a string (`TIMEOUT`, `ECONNREFUSED`), otherwise the name
 * of its class; `_OTHER` for what is no error. Never throws.
 */
export function errorTypeOf(thrown: unknown): string {
  return safely(() => {
    if (!(thrown instanceof Error)) return undefined
    return 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : nameOf(thrown)
  }, '_OTHER')
}

/** What a span records of anything that was thrown; its stack goes on with those of its causes. Never throws. */
export function exceptionOf(thrown: unknown): Exception {
  const message = messageOf(thrown)
  const read = (): Exception | undefined =>
    thrown instanceof Error ? { name: nameOf(thrown), message, stack: stackOf(thrown) } : undefined
  return safely(read, { name: 'NonError', message })
}

/** Most classes of errors do not set a `name`. */
function nameOf(error: Error): string {
  return error.name === 'Error' ? error.constructor.name : error.name
}

function stackOf(error: Error): string {
  const chain = new Set<unknown>()
  for (let one: unknown = error; one !== undefined && !chain.has(one) && chain.size <= DEEPEST;) {
    chain.add(one)
    one = one instanceof Error ? one.cause : undefined
  }
  const stacks = [...chain].map((one) => (one instanceof Error ? (one.stack ?? String(one)) : messageOf(one)))
  return stacks.join('\nCaused by: ')
}

/** Errors of users may have getters, or be proxies. */
function safely<T>(read: () => T | undefined, otherwise: T): T {
  try {
    return read() ?? otherwise
  } catch {
    return otherwise
  }
}
