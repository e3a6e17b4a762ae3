import { PipelineError } from '@pipe/core'
import { expect } from 'vitest'

/** The PipelineError that `work` throws. */
export function thrownBy(work: () => unknown): PipelineError {
  try {
    work()
  } catch (error) {
    return checked(error)
  }
  throw new Error('Nothing was thrown.')
}

/** The PipelineError that `promise` rejects with. */
export async function rejectionOf(promise: PromiseLike<unknown>): Promise<PipelineError> {
  let output: unknown
  try {
    output = await promise
  } catch (error) {
    return checked(error)
  }
  throw new Error(`Nothing was rejected: resolved with ${String(output)}.`)
}

function checked(error: unknown): PipelineError {
  expect(error).toBeInstanceOf(PipelineError)
  return error as PipelineError
}
