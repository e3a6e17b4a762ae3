import type { ErrorData, RunResult } from './result.ts'

/** Exit codes of a process that ran a pipeline. */
export const exitCodes = {
  /** It succeeded. */
  ok: 0,
  /** Something it requires was missing: its input was invalid, or a service was not given. */
  missingRequirement: 1,
  /** A step threw. */
  stepThrew: 2,
  /** A step returned what it may not return. */
  invalidReturn: 3,
  /** A step failed otherwise, a limit was reached, or the run was cancelled. */
  stepFailed: 4,
  /** It did not succeed, and something that it had done could not be taken back. */
  undoFailed: 5,
} as const

/** The exit code for a result; a failure inside inner pipelines or runs counts as what it is at its origin. */
export function exitCodeOf(result: Pick<RunResult, 'status' | 'error' | 'undo'>): number {
  if (result.status === 'succeeded') return exitCodes.ok
  return result.undo === undefined || result.undo.failed === 0 ? codeOf(result.error) : exitCodes.undoFailed
}

function codeOf(error: ErrorData | undefined): number {
  if (error?.name !== 'PipelineError') return exitCodes.stepThrew
  switch (error.code) {
    case 'STEP_FAILED':
      return codeOf(error.cause)
    case 'INPUT_INVALID':
    case 'SERVICE_MISSING':
      return exitCodes.missingRequirement
    case 'OUTPUT_INVALID':
      return exitCodes.invalidReturn
    default:
      return exitCodes.stepFailed
  }
}
