import { type AnyPipeline, deserializeError, type ErrorData } from '@pipe/core'
import { type Codec, decode, encode } from './codec.ts'
import { recordedError } from './recorded-error.ts'
import type { RecordedOptions } from './recorded-options.ts'
import type { DurableSettings } from './options.ts'
import { signaturesOf } from './signatures.ts'
import type { StoredRun } from './store.ts'
import { tooLarge } from './too-large.ts'

/** The run that a fork began with, and which steps of it were to run again. */
export interface Origin {
  readonly run: string
  readonly from: readonly string[]
  /** The last lease of that run: it has to be the last one still when its records are taken over. */
  readonly fence: number
}

/** What is written of a run when it is created, besides its input. */
interface Head {
  /** Of this format. */
  readonly format: 1
  readonly version?: string
  /** Paths in the plan of the steps that the definition had, unless they take too much room. */
  readonly steps?: readonly string[]
  readonly tags?: Readonly<Record<string, string>>
  readonly options?: RecordedOptions
  readonly fork?: Origin
}

/** What a run is created with. */
export interface RunData {
  readonly version: string | undefined
  readonly tags: Readonly<Record<string, string>>
  /** What it was started with. */
  readonly options: RecordedOptions
  /** As the caller gave it. */
  readonly input: unknown
  /** What it began with, when it is a fork. */
  readonly fork: Origin | undefined
}

/** @throws PipelineError `VALUE_UNSTORABLE` */
export function writeRunData(
  { codec, store: { maxValueBytes } }: DurableSettings,
  { version, tags, options, input, fork }: RunData,
  definition: AnyPipeline,
): string {
  const { name: pipeline } = definition
  const head: Head = {
    format: 1,
    ...(version !== undefined && { version }),
    ...(Object.keys(tags).length > 0 && { tags }),
    ...(Object.keys(options).length > 0 && { options }),
    ...(fork !== undefined && { fork }),
  }
  const text = encodeInput(codec, input, pipeline)
  const what = `The input of pipeline "${pipeline}"`
  const whole = `${JSON.stringify({ ...head, steps: stepsOf(definition) })}\n${text}`
  if (tooLarge(whole, maxValueBytes, what) === undefined) return whole
  const data = `${JSON.stringify(head)}\n${text}`
  const problem = tooLarge(data, maxValueBytes, what)
  if (problem !== undefined) throw problem
  return data
}

/** Most characters that the paths of the steps take: whoever looks at a run reads them. */
const MOST_OF_STEPS = 16 * 1024

const listed = new WeakMap<AnyPipeline, readonly string[]>()

/** Paths in the plan of the steps, if they do not take too much room. */
function stepsOf(definition: AnyPipeline): readonly string[] | undefined {
  let steps = listed.get(definition)
  if (steps === undefined) {
    const all = [...signaturesOf(definition).keys()]
    const size = all.reduce((sum, { length }) => sum + length, 0)
    listed.set(definition, (steps = size > MOST_OF_STEPS ? [] : all))
  }
  return steps.length === 0 ? undefined : steps
}

/** @throws PipelineError `VALUE_UNSTORABLE` for what another codec wrote */
export function readRunData(codec: Codec, data: string): RunData {
  const { version, tags = {}, options = {}, fork } = headOf(data)
  return { version, tags, options, input: decode(codec, inputTextOf(data)), fork }
}

/** What of a run can be read without the codec. */
export const headOf = (data: string): Head => JSON.parse(data.slice(0, data.indexOf('\n'))) as Head

/** @throws PipelineError `VALUE_UNSTORABLE` */
export const encodeInput = (codec: Codec, input: unknown, pipeline: string): string =>
  encode(codec, input, `The input of pipeline "${pipeline}"`)

/** The input of a run as it was written. */
export const inputTextOf = (data: string): string => data.slice(data.indexOf('\n') + 1)

/** @throws PipelineError `VALUE_UNSTORABLE` */
export function writeOutput({ codec, store }: DurableSettings, output: unknown, pipeline: string): string {
  const what = `The output of pipeline "${pipeline}"`
  const text = encode(codec, output, what)
  const problem = tooLarge(text, store.maxValueBytes, what)
  if (problem !== undefined) throw problem
  return text
}

/** @param maxValueBytes longest value of the store, in bytes */
export const writeError = (error: unknown, maxValueBytes: number): string =>
  JSON.stringify(recordedError(error, maxValueBytes))

/** What a run that did not succeed ended with, or why it is blocked. */
export const readError = ({ status, outcome }: StoredRun): ErrorData | undefined =>
  status === 'succeeded' || outcome === undefined ? undefined : (JSON.parse(outcome) as ErrorData)

/** What a run that has ended answers with. Throws what it failed with, or was cancelled with. */
export function outcomeOf(codec: Codec, run: StoredRun): unknown {
  const error = readError(run)
  if (run.status === 'succeeded') return decode(codec, run.outcome ?? '', `The output of run "${run.id}"`)
  throw deserializeError(error ?? { name: 'Error', message: `Run "${run.id}" ${run.status}.` })
}
