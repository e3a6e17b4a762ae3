import { PipelineError } from '@pipe/core'

/** Whose error it is. */
interface Subject {
  readonly id: string
  readonly pipeline: string
}

/** What steps and ticks get that are cut off, and why. */
export function stopped({ id, pipeline }: Subject, reason: unknown): PipelineError {
  const cause = reason === undefined ? {} : { cause: reason }
  return new PipelineError('CANCELLED', `Execution ${id} was stopped.`, { pipeline, ...cause })
}

/** What who asks for something gets that cannot be done now. */
export function refused({ id, pipeline }: Subject, done: string, why: string): PipelineError {
  return new PipelineError('EXECUTION_STATE', `Execution ${id} cannot be ${done}: ${why}.`, { pipeline })
}
