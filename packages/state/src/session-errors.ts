import { type MiddlewareContext, PipelineError } from '@pipe/core'

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

/** Why a run cannot go on: an item is another than before. */
export function otherItem({ stepId: step, pipeline }: MiddlewareContext): PipelineError {
  const message = `Item "${step}" is another than the one that was recorded under its key. Give the map a \`key\` that tells its items apart, or a source that answers the same again.`
  return new PipelineError('RUN_CHANGED', message, { pipeline, step })
}
