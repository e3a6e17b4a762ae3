import { type AnyPipeline, invalidOption, type OptionRule, PipelineError } from '@pipe/core'
import { isSameValue } from './canonical.ts'
import type { DurableSettings } from './options.ts'
import { signaturesOf } from './signatures.ts'
import { inputTextOf, type Origin } from './stored-run.ts'

/** What a run begins with instead of nothing. */
export interface ForkOptions {
  /** Id of the run whose records it takes over: of the same pipeline, with the same input, and not being executed. */
  readonly run: string
  /** Steps that run again all the same, by their paths in the plan: `report`, `bill/charge`. Default: none. */
  readonly from?: string | readonly string[]
}

const isStrings = (value: unknown) => Array.isArray(value) && value.every((one) => typeof one === 'string')

export const forkRule: OptionRule = [
  "{ run: 'id', from?: 'step' or ['step', …] }",
  (value) => {
    if (typeof value !== 'object' || value === null) return false
    const { run, from = [], ...others } = value as { readonly run?: unknown; readonly from?: unknown }
    return typeof run === 'string' && (typeof from === 'string' || isStrings(from)) && Object.keys(others).length === 0
  },
]

const listOf = ({ from = [] }: ForkOptions): readonly string[] => (typeof from === 'string' ? [from] : from)

/** Whether a run that there is began as these options say. */
export const isForkOf = (origin: Origin | undefined, options: ForkOptions): boolean =>
  origin?.run === options.run && origin.from.join('\n') === listOf(options).join('\n')

/**
 * What a new run begins with.
 *
 * @param input that of the new run, as it is written
 * @throws PipelineError `RUN_UNKNOWN`, `RUN_CONFLICT`, `RUN_TAKEN`; `OPTION_INVALID` for steps that the plan does not have;
 * `VALUE_UNSTORABLE` when the input of the other run cannot be read here
 */
export async function originOf(
  { store, codec }: Pick<DurableSettings, 'store' | 'codec'>,
  options: ForkOptions,
  runId: string,
  definition: AnyPipeline,
  input: string,
): Promise<Origin> {
  const { run: id } = options
  const { name: pipeline } = definition
  const from = listOf(options)
  const site = { owner: 'the run', pipeline }
  const steps = signaturesOf(definition)
  const stranger = from.find((path) => !steps.has(path))
  if (stranger !== undefined) {
    throw invalidOption(site, stranger, `a step of the plan: ${[...steps.keys()].join(', ')}`, 'fork.from')
  }
  if (id === runId) throw invalidOption(site, id, 'the id of another run', 'fork.run')
  const source = await store.get(id)
  const refuse = (code: PipelineError['code'], message: string) => new PipelineError(code, message, { pipeline })
  if (source === undefined) throw refuse('RUN_UNKNOWN', `There is no run "${id}", so run "${runId}" cannot fork it.`)
  const other =
    source.pipeline !== pipeline
      ? `is one of pipeline "${source.pipeline}"`
      : !isSameValue(codec, inputTextOf(source.data), input, `The input of run "${id}"`)
        ? 'has another input'
        : undefined
  if (other !== undefined) throw refuse('RUN_CONFLICT', `Run "${id}" ${other}, so run "${runId}" cannot fork it.`)
  if (source.status === 'running' || source.status === 'waiting') {
    const what = source.status === 'running' ? 'is being executed' : 'waits to be gone on with'
    throw refuse(
      'RUN_TAKEN',
      `Run "${id}" ${what}, so run "${runId}" cannot fork it. Wait until it has ended, or cancel it.`,
    )
  }
  return { run: id, from, fence: source.fence }
}
