import { PipelineError } from '../errors.ts'
import type { GraphOwner } from '../graph.ts'
import type { RunOptions } from '../run-options.ts'
import { checkRunOptions } from '../run-options-check.ts'
import { ActiveRun } from './active-run.ts'
import type { Reject, Resolve } from './run-layers.ts'
import { refuseInput } from './run-input.ts'
import { compile } from './compile.ts'
import type { CompiledPipeline } from './compiled.ts'
import type { Host } from './host.ts'
import { offers } from './services.ts'

/**
 * Prepares a run: everything that can be wrong before anything starts is found here.
 *
 * @param recorded whether times and inner results are kept
 * @throws PipelineError `DEFINITION_INVALID`, `OPTION_UNKNOWN`, `OPTION_INVALID`, `INPUT_INVALID`, `SERVICE_MISSING`
 */
export function prepare(
  host: Host,
  pipeline: GraphOwner,
  input: unknown,
  options: RunOptions,
  recorded: boolean,
  resolve: Resolve,
  reject: Reject,
): ActiveRun {
  const compiled = compile(host, pipeline)
  refuseInput(pipeline, input)
  checkRunOptions(options, host.options.ofRuns[recorded ? 'start' : 'run'], pipeline.name)
  if (compiled.services.size > 0) checkServices(compiled, host, options.services)
  return new ActiveRun(host, compiled, input, options, recorded, resolve, reject)
}

/** The required services that are not given: ids, each with the path of a step that uses it. */
export function missingServices(
  compiled: CompiledPipeline,
  host: Host,
  more: Readonly<Record<string, unknown>> = {},
): readonly (readonly [id: string, step: string])[] {
  return [...compiled.services].filter(([id]) => !offers(host.services, id) && !offers(more, id))
}

function checkServices(
  compiled: CompiledPipeline,
  host: Host,
  more: Readonly<Record<string, unknown>> | undefined,
): void {
  const missing = missingServices(compiled, host, more)
  if (missing.length === 0) return
  const pipeline = compiled.owner.name
  const list = missing.map(([id, step]) => `"${id}" (used by step "${step}")`).join(', ')
  throw new PipelineError(
    'SERVICE_MISSING',
    `Pipeline "${pipeline}" requires services that were not given: ${list}. Pass them in \`services\` of createPipe or of the run.`,
    { pipeline, step: missing[0]?.[1] },
  )
}
