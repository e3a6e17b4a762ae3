import { PipelineError } from '../errors.ts'

/** The error for a plugin that breaks the contract. */
export function invalidPlugin(what: string, plugin: string): PipelineError {
  return new PipelineError('PLUGIN_INVALID', `Plugin "${plugin}" cannot be used: ${what}.`, { plugin })
}
