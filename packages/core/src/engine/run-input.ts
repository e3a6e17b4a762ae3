import { PipelineError } from '../errors.ts'
import type { GraphOwner } from '../graph.ts'
import { validate } from '../schema.ts'
import type { CompiledPipeline } from './compiled.ts'

/**
 * A pipeline that takes no input is not given any: it would be the options, one place too early.
 *
 * @throws PipelineError `INPUT_INVALID`
 */
export function refuseInput({ name, input: schema }: GraphOwner, input: unknown): void {
  if (input === undefined || schema !== undefined) return
  const message = `Pipeline "${name}" takes no input. Options of the run follow it: run(pipeline, undefined, options).`
  throw new PipelineError('INPUT_INVALID', message, { pipeline: name })
}

/**
 * What the schema of a pipeline makes of the input of a run; a promise only when the schema answers with one.
 *
 * @throws PipelineError `INPUT_INVALID`
 */
export function checkedInput({ schema, owner: { name: pipeline } }: CompiledPipeline, input: unknown): unknown {
  if (schema === null) return input
  return validate(schema, input, 'INPUT_INVALID', `The input of pipeline "${pipeline}"`, { pipeline })
}
