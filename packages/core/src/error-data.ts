import { PipelineError, type PipelineErrorDetails } from './errors.ts'
import type { ErrorData } from './result.ts'

const BUILT_IN: Readonly<Record<string, ErrorConstructor>> = {
  EvalError,
  RangeError,
  ReferenceError,
  SyntaxError,
  TypeError,
  URIError,
}

const DEEPEST = 16
const OMITTED = new Set(['name', 'message', 'stack', 'cause', 'errors', 'result'])

/**
 * Anything that was thrown as plain data: name, message, stack, code and other own fields, the chain of causes, the
 * errors of an `AggregateError`. A value that is not an error keeps itself in `value`. Functions and symbols are left out;
 * a chain of causes is cut after 16, so cycles end.
 */
export function serializeError(thrown: unknown, depth = 0): ErrorData {
  if (!(thrown instanceof Error)) return { name: 'NonError', message: String(thrown), value: thrown }
  const data: { -readonly [K in keyof ErrorData]: ErrorData[K] } = { name: thrown.name, message: thrown.message }
  if (thrown.stack !== undefined) data.stack = thrown.stack
  for (const [key, value] of Object.entries(thrown)) {
    if (!OMITTED.has(key) && typeof value !== 'function' && typeof value !== 'symbol') data[key] = value
  }
  if (depth < DEEPEST) {
    if (thrown.cause !== undefined) data.cause = serializeError(thrown.cause, depth + 1)
    if (thrown instanceof AggregateError) data.errors = thrown.errors.map((error) => serializeError(error, depth + 1))
  }
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
        : new (BUILT_IN[name] ?? Error)(message, options)
  if (name !== 'PipelineError') {
    Object.assign(error, own)
    if (error.name !== name) Object.defineProperty(error, 'name', { value: name, configurable: true, writable: true })
  }
  if (stack !== undefined) Object.defineProperty(error, 'stack', { value: stack, configurable: true, writable: true })
  return error
}
