import { PipelineError } from '@pipe/core'

/**
 * What a run ends with that was asked to cancel.
 *
 * @param left paths of what cannot be undone
 */
export function cancelled(pipeline: string, reason: string | undefined, left: readonly string[]): PipelineError {
  const names = left.map((path) => `"${path}"`).join(', ')
  const note = left.length === 0 ? '' : `. Not undone, since the definition has changed: ${names}`
  const words = (reason === undefined ? '' : `: ${reason}`) + note
  const details = { pipeline, ...(reason !== undefined && { cause: reason }) }
  return new PipelineError('CANCELLED', `Pipeline "${pipeline}" was cancelled${words}.`, details)
}
