import { validate } from '../schema.ts'
import type { CompiledPipeline } from './compiled.ts'

/**
 * What the schema of a pipeline makes of the input of a run; a promise only when the schema answers with one.
 *
 * @throws PipelineError `INPUT_INVALID`
 */
export function checkedInput({ schema, owner: { name: pipeline } }: CompiledPipeline, input: unknown): unknown {
  if (schema === null) return input
  return validate(schema, input, 'INPUT_INVALID', `The input of pipeline "${pipeline}"`, { pipeline })
}
