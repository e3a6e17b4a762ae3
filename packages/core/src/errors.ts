import type { ErrorCode } from './codes.ts'
import type { RunResult } from './result.ts'

/** Where an error happened and what caused it. Every field is optional. */
export interface PipelineErrorDetails {
  /** Name of the pipeline. */
  readonly pipeline?: string | undefined
  /** Path of the step, for example `bill/charge` or `orders[42]`. */
  readonly step?: string | undefined
  /** Name of the plugin. */
  readonly plugin?: string | undefined
  /** What was thrown, as it was: inline the same instance that user code threw. */
  readonly cause?: unknown
  /** The result of the run that failed. */
  readonly result?: RunResult | undefined
}

/**
 * The one error class of Pipe. `code` says what happened (see the table of codes), the message says what, which one and
 * what to do, the details say where.
 *
 * Test for it with {@link isPipelineError}, which also recognises errors of another copy of this package.
 */
export class PipelineError extends Error {
  override readonly name = 'PipelineError'
  readonly code: ErrorCode
  declare readonly pipeline?: string
  declare readonly step?: string
  declare readonly plugin?: string
  /** The result of the run that failed. Not enumerable, so that logging the error does not print the whole run. */
  declare readonly result?: RunResult

  constructor(code: ErrorCode, message: string, details: PipelineErrorDetails = {}) {
    super(message, 'cause' in details ? { cause: details.cause } : undefined)
    this.code = code
    if (details.pipeline !== undefined) this.pipeline = details.pipeline
    if (details.step !== undefined) this.step = details.step
    if (details.plugin !== undefined) this.plugin = details.plugin
    if (details.result !== undefined) Object.defineProperty(this, 'result', { value: details.result })
  }
}

/** Whether `value` is a {@link PipelineError}, and, when `code` is given, one with that code. */
export function isPipelineError(value: unknown, code?: ErrorCode): value is PipelineError {
  try {
    return (
      value instanceof Error &&
      value.name === 'PipelineError' &&
      'code' in value &&
      (code === undefined || value.code === code)
    )
  } catch {
    return false // a value that throws when it is looked at, such as a revoked proxy
  }
}

/** The message of anything that was thrown, in words where it has none. Never throws. */
export function messageOf(thrown: unknown): string {
  try {
    return String(thrown instanceof Error ? thrown.message : thrown)
  } catch {
    return `${typeof thrown} that cannot be printed`
  }
}
