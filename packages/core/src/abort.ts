import { PipelineError } from './errors.ts'

/** Why a signal was aborted: the reason is a `PipelineError` with this code. */
export type AbortCode = 'CANCELLED' | 'TIMEOUT' | 'SHUTDOWN' | 'LEASE_LOST'

const CODES: readonly unknown[] = ['CANCELLED', 'TIMEOUT', 'SHUTDOWN', 'LEASE_LOST'] satisfies AbortCode[]

/** The code of an abort reason, or `undefined` for anything else. */
export function abortCodeOf(reason: unknown): AbortCode | undefined {
  const code = reason instanceof PipelineError ? reason.code : undefined
  return CODES.includes(code) ? (code as AbortCode) : undefined
}

/** `reason` as an abort reason: itself when it is one, otherwise `CANCELLED` with it as the cause. */
export function toAbortReason(reason: unknown, pipeline: string): PipelineError {
  if (abortCodeOf(reason) !== undefined) return reason as PipelineError
  const words = typeof reason === 'string' ? reason : reason instanceof Error ? reason.message : undefined
  const text = words === undefined ? '' : `: ${words}`
  return new PipelineError('CANCELLED', `Pipeline "${pipeline}" was cancelled${text}.`, { pipeline, cause: reason })
}
