import { messageOf } from '@pipe/core'
import { type Fields, names } from './fields.ts'
import { isError, safely, type Snapshots } from './snapshot.ts'

/** So many causes have their stack printed. */
const MOST = 16

/**
 * The fields for anything that was thrown: type, message, the stack with those of all causes, and under `pipe.error` what
 * else it says. `known` are errors that a line of this run has told already: they are named and not told again.
 */
export function exceptionFields(thrown: unknown, snapshots: Snapshots, known: ReadonlySet<unknown>): Fields {
  const type = typeOf(thrown)
  const fields: Fields = {
    [names.errorType]: errorTypeOf(thrown),
    [names.exceptionType]: type,
    [names.exceptionMessage]: messageFor(thrown, snapshots),
  }
  if (known.has(thrown)) return fields
  if (!isError(thrown)) {
    if (typeof thrown === 'object' && thrown !== null) fields[names.error] = snapshots.of(thrown)
    return fields
  }
  fields[names.stacktrace] = snapshots.text(new Trace(known).of(thrown))
  const more = snapshots.ofError(thrown)
  if (more !== undefined) fields[names.error] = more
  return fields
}

/** The message of anything that was thrown, without secrets. */
export const messageFor = (thrown: unknown, snapshots: Snapshots) => snapshots.text(messageOf(thrown))

/** One of few words for what went wrong: the code of an error, or its name; `_OTHER` for what is no error. */
export function errorTypeOf(thrown: unknown): string {
  const code = isError(thrown) ? safely<unknown>(() => Reflect.get(thrown, 'code'), undefined) : undefined
  if (typeof code === 'string' && code !== '') return code
  return isError(thrown) ? typeOf(thrown) : '_OTHER'
}

/** Classes that do not give their errors a name are asked for their own. */
function typeOf(thrown: unknown): string {
  if (!isError(thrown)) return 'NonError'
  const name = safely<unknown>(() => (thrown.name === 'Error' ? thrown.constructor.name : thrown.name), undefined)
  return typeof name === 'string' && name !== '' ? name : 'Error'
}

/** The stack of an error, its causes below it as Node prints them. What was told already, here or by another line, is only named. */
class Trace {
  readonly #known: ReadonlySet<unknown>
  readonly #told = new Set<unknown>()

  constructor(known: ReadonlySet<unknown>) {
    this.#known = known
  }

  of(thrown: unknown): string {
    if (!isError(thrown)) return messageOf(thrown)
    const head = `${typeOf(thrown)}: ${messageOf(thrown)}`
    if (this.#known.has(thrown) || this.#told.has(thrown) || this.#told.size === MOST) return head
    this.#told.add(thrown)
    const stack = safely<unknown>(() => thrown.stack, undefined)
    const own = typeof stack === 'string' && stack !== '' ? stack : head
    const cause = safely<unknown>(() => thrown.cause, undefined)
    const errors = safely<unknown>(() => Reflect.get(thrown, 'errors'), undefined)
    let trace = own
    if (cause !== undefined) trace += this.#inner('cause', cause)
    if (Array.isArray(errors))
      trace += errors
        .slice(0, MOST)
        .map((error, i) => this.#inner(`errors ${i}`, error))
        .join('')
    return trace
  }

  #inner(what: string, thrown: unknown): string {
    return `\n  [${what}]: ${this.of(thrown).replaceAll('\n', '\n  ')}`
  }
}
