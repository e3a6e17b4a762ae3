import { abortCodeOf } from '../abort.ts'
import { isPipelineError, messageOf, PipelineError } from '../errors.ts'
import type { RunResult } from '../result.ts'
import type { FirstFailure } from './inside.ts'

/** What a run rejects with when a step failed. */
export function stepFailed(pipeline: string, { error, path }: FirstFailure): PipelineError {
  const message = `Step "${path}" of pipeline "${pipeline}" failed: ${messageOf(error)}`
  return new PipelineError('STEP_FAILED', message, { pipeline, step: path, cause: error })
}

/** What a run rejects with when something around its graph threw: a middleware, the schema of its input. */
export function errorOfLayer(pipeline: string, error: unknown): PipelineError {
  if (isPipelineError(error)) return error
  const message = `A run middleware of pipeline "${pipeline}" failed: ${messageOf(error)}`
  return new PipelineError('STEP_FAILED', message, { pipeline, cause: error })
}

/** How a run that ended with `error` ended. */
export function statusOf(error: PipelineError): 'failed' | 'cancelled' {
  const code = abortCodeOf(error)
  return code === undefined || code === 'TIMEOUT' ? 'failed' : 'cancelled'
}

/** Whether an error can still be made to lead to the result of a run. */
export const mayCarryResult = (error: PipelineError) => Object.isExtensible(error) && !Object.hasOwn(error, 'result')

/** An error like `error`, with it as the cause. */
export function copyOf(error: PipelineError): PipelineError {
  const { code, message, pipeline, step, plugin } = error
  return new PipelineError(code, message, { pipeline, step, plugin, cause: error })
}

/** The result is made when it is asked for: most callers only want the error. */
export function attachResult(error: PipelineError, run: { readonly result: RunResult }): void {
  Object.defineProperty(error, 'result', { get: () => run.result, configurable: true })
}
