import { messageOf } from '@pipe/core'
import type { Snapshots } from '@pipe/redaction'
import { type Fields, names } from './fields.ts'

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
  // The stacks of all causes are in the trace: to read them again is what would cost.
  const more = snapshots.error(thrown, { stacks: false })
  for (const told of ['name', 'message']) Reflect.deleteProperty(more, told)
  if (Object.keys(more).length > 0) fields[names.error] = more
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

/** The answer of `read`, or `otherwise` when it throws. */
export function safely<T>(read: () => T, otherwise: T): T {
  try {
    return read()
  } catch {
    return otherwise
  }
}

export const isError = (value: unknown): value is Error => safely(() => value instanceof Error, false)

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
    const errors = safely(() => listed(Reflect.get(thrown, 'errors')), [])
    let trace = own
    if (cause !== undefined) trace += this.#inner('cause', cause)
    errors.forEach((error, i) => (trace += this.#inner(`errors ${i}`, error)))
    return trace
  }

  #inner(what: string, thrown: unknown): string {
    return `\n  [${what}]: ${this.of(thrown).replaceAll('\n', '\n  ')}`
  }
}

const listed = (errors: unknown): unknown[] => (Array.isArray(errors) ? errors.slice(0, MOST) : [])
