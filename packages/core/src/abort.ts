import { isPipelineError, messageOf, PipelineError } from './errors.ts'

/** Why a signal was aborted: the reason is a `PipelineError` with this code. */
export type AbortCode = 'CANCELLED' | 'TIMEOUT' | 'SHUTDOWN' | 'LEASE_LOST'

const CODES: readonly unknown[] = ['CANCELLED', 'TIMEOUT', 'SHUTDOWN', 'LEASE_LOST'] satisfies AbortCode[]

/** The code of an abort reason, or `undefined` for anything else. */
export function abortCodeOf(reason: unknown): AbortCode | undefined {
  const code = isPipelineError(reason) ? reason.code : undefined
  return CODES.includes(code) ? (code as AbortCode) : undefined
}

/**
 * `reason` as an abort reason: itself when it is one, otherwise `CANCELLED` with it as the cause, or `TIMEOUT` for what
 * `AbortSignal.timeout` aborts with. Never throws.
 */
export function toAbortReason(reason: unknown, pipeline: string): PipelineError {
  if (abortCodeOf(reason) !== undefined) return reason as PipelineError
  const details = { pipeline, cause: reason }
  if (isError(reason, 'TimeoutError'))
    return new PipelineError('TIMEOUT', `Pipeline "${pipeline}" took too long: ${messageOf(reason)}`, details)
  const words = typeof reason === 'string' || isError(reason) ? `: ${messageOf(reason)}` : ''
  return new PipelineError('CANCELLED', `Pipeline "${pipeline}" was cancelled${words}.`, details)
}

function isError(value: unknown, name?: string): boolean {
  try {
    return value instanceof Error && (name === undefined || value.name === name)
  } catch {
    return false
  }
}
