import type { Attributes } from '@opentelemetry/api'
import type { RunContext, StepInfo } from '@pipe/core'

/** What a span stands for; the first word of its name. */
export type Operation = StepInfo['kind'] | 'run' | 'attempt' | 'undo'

/** The attributes of the span of a run from the beginning. */
export function runAttributes({ runId, pipeline, version, tags }: RunContext): Attributes {
  const attributes: Attributes = {
    'pipe.operation': 'run' satisfies Operation,
    'pipe.run.id': runId,
    'pipe.pipeline.name': pipeline,
  }
  if (version !== undefined) attributes['pipe.pipeline.version'] = version
  for (const [name, value] of Object.entries(tags)) attributes[`pipe.run.tag.${name}`] = value
  return attributes
}

/** The attributes of the span of a step, an attempt or an undo from the beginning. */
export function stepAttributes(
  operation: Operation,
  { pipeline, id, version }: StepInfo,
  { runId, stepId, key }: Where,
): Attributes {
  const attributes: Attributes = {
    'pipe.operation': operation,
    'pipe.run.id': runId,
    'pipe.pipeline.name': pipeline,
    'pipe.step.id': id,
    'pipe.step.path': stepId,
  }
  if (version !== undefined) attributes['pipe.step.version'] = version
  if (key !== undefined) attributes['pipe.item.key'] = key
  return attributes
}

/** Which of the many executions of a step. */
export interface Where {
  readonly runId: string
  /** Path of the step. */
  readonly stepId: string
  readonly key: string | undefined
}
