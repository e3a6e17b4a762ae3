import { messageOf, PipelineError, type PipelineErrorDetails } from './errors.ts'
import type { ErrorData } from './result.ts'

const BUILT_IN: Readonly<Record<string, ErrorConstructor>> = {
  EvalError,
  RangeError,
  ReferenceError,
  SyntaxError,
  TypeError,
  URIError,
}

const builtIn = (name: string) => (Object.hasOwn(BUILT_IN, name) ? BUILT_IN[name] : undefined)

const DEEPEST = 16
const OMITTED = new Set(['name', 'message', 'stack', 'cause', 'errors', 'result'])

/** The answer of `read`, or `undefined` when it throws: errors of users may have getters, or be proxies. */
function safely<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}

/** What JSON makes of a value; `undefined` for what it cannot carry: functions, symbols, bigints, cycles. */
function plain(value: unknown): unknown {
  return safely(() => JSON.parse(JSON.stringify(value)) as unknown)
}

/**
 * Anything that was thrown as plain data that JSON and `structuredClone` can carry: name, message, stack, code and other
 * own fields (but for `result`, and `errors` of what is no `AggregateError`), the chain of causes, the errors of an
 * `AggregateError`. What is thrown without being an error is a `NonError` that keeps it in `value`. What JSON cannot carry
 * is left out; a chain of causes is cut after 16, and where it leads back. Never throws.
 */
export function serializeError(thrown: unknown): ErrorData {
  return dataOf(thrown, [])
}

/** @param above the errors that this one is a cause of */
function dataOf(thrown: unknown, above: readonly unknown[]): ErrorData {
  if (safely(() => thrown instanceof Error) !== true) {
    const value = plain(thrown)
    return { name: 'NonError', message: messageOf(thrown), ...(value !== undefined && { value }) }
  }
  const error = thrown as Error
  const { name, stack, cause } = {
    name: safely(() => error.name),
    stack: safely(() => error.stack),
    cause: safely(() => error.cause),
  }
  const data: { -readonly [K in keyof ErrorData]: ErrorData[K] } = {
    name: typeof name === 'string' ? name : 'Error',
    message: messageOf(error),
  }
  if (typeof stack === 'string') data.stack = stack
  for (const key of safely(() => Object.keys(error)) ?? []) {
    if (OMITTED.has(key)) continue
    const value = plain(safely(() => error[key as keyof Error]))
    if (value !== undefined) data[key] = value
  }
  if (above.length >= DEEPEST || above.includes(error)) return data
  const path = [...above, error]
  if (cause !== undefined) data.cause = dataOf(cause, path)
  const errors = safely(() => (error instanceof AggregateError ? [...(error.errors as Iterable<unknown>)] : undefined))
  if (errors !== undefined) data.errors = errors.map((one) => dataOf(one, path))
  return data
}

/**
 * The error that `data` describes: of the same built-in class where there is one, a {@link PipelineError} where it was
 * one, otherwise an `Error` with that name. A `NonError` gives back the value that was thrown.
 */
export function deserializeError(data: ErrorData): unknown {
  const { name, message, stack, cause, errors, value, ...own } = data
  if (name === 'NonError') return value
  const options = cause === undefined ? undefined : { cause: deserializeError(cause) }
  const error =
    name === 'PipelineError'
      ? new PipelineError(data.code as PipelineError['code'], message, { ...(own as PipelineErrorDetails), ...options })
      : errors !== undefined
        ? new AggregateError(errors.map(deserializeError), message, options)
        : new (builtIn(name) ?? Error)(message, options)
  for (const [key, field] of Object.entries(own)) {
    if (Object.hasOwn(error, key)) continue
    Object.defineProperty(error, key, { value: field, configurable: true, enumerable: true, writable: true })
  }
  if (error.name !== name) Object.defineProperty(error, 'name', { value: name, configurable: true, writable: true })
  if (stack !== undefined) Object.defineProperty(error, 'stack', { value: stack, configurable: true, writable: true })
  return error
}
