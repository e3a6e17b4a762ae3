import {
  type AnyPipeline,
  checkOptions,
  type Clock,
  type Duration,
  invalidOption,
  type OptionRule,
  type OptionRules,
  type RunOptions,
  systemClock,
  toMs,
} from '@pipe/core'
import { type Codec, jsonCodec } from './codec.ts'
import { aCodec, aStore } from './options.ts'
import type { RunInfo } from './run-info.ts'
import type { StateStore } from './store.ts'

/** What is recovered, and how. */
export interface RecoverOptions {
  /** The store of the `durable()` that the pipe has. It has to be open. */
  readonly store: StateStore
  /**
   * The pipelines whose runs this process can go on with. Of several with one name, a run gets the one with the `version`
   * that it was created with; when there is none, the last.
   */
  readonly pipelines: readonly AnyPipeline[]
  /** Which of their runs, by id. Default: all. */
  readonly only?: (id: string) => boolean
  /**
   * What a run is started with besides what is recorded of its options: services, a context, a signal. It goes before
   * what is recorded. Default: nothing.
   */
  readonly options?: (run: RunInfo) => RecoveredOptions
  /** How often to look, 1 ms to 20 days, give or take a fifth, so that processes do not look all at once. Default 15 s. */
  readonly every?: Duration
  /** Most runs that it has going at a time: a whole number from 1 up. Default 10. */
  readonly concurrency?: number
  /** What `durable()` writes with. Default: that of JSON. */
  readonly codec?: Codec
  /** Default: that of the machine. */
  readonly clock?: Clock
  /**
   * Gets what went wrong: while looking, such as a store that cannot be reached; and why a run could not be gone on with,
   * with its id. All of it is tried again, a run that could not be started less and less often. Default: `console.error`.
   */
  readonly onError?: (error: unknown, runId?: string) => void
}

/** What a recovered run may be started with. */
export type RecoveredOptions = Omit<RunOptions, 'id' | 'force' | 'fork'>

/** {@link RecoverOptions} as `recover` works with them. */
export interface RecoverSettings extends Required<Omit<RecoverOptions, 'every'>> {
  readonly everyMs: number
}

/** Longer ones do not fit a timer with a fifth more. */
const LONGEST = 20 * 86_400_000

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null
const aFunction: OptionRule = ['a function', (value) => typeof value === 'function']

const isEvery = (value: unknown) => {
  try {
    const ms = toMs(value as Duration)
    return ms >= 1 && ms <= LONGEST
  } catch {
    return false
  }
}

const rules: OptionRules<RecoverOptions> = {
  store: aStore,
  pipelines: [
    'an array of pipelines',
    (value) => Array.isArray(value) && value.every((one) => isObject(one) && 'name' in one),
  ],
  only: aFunction,
  options: aFunction,
  every: ["1 ms to 20 days, as milliseconds or a string such as '15s'", isEvery],
  concurrency: ['a whole number from 1 up', (value) => Number.isSafeInteger(value) && Number(value) >= 1],
  codec: aCodec,
  clock: ['a clock', (value) => isObject(value) && 'monotonic' in value && 'setTimeout' in value],
  onError: aFunction,
}

/** @throws PipelineError `OPTION_INVALID` */
export function recoverSettingsOf(given: RecoverOptions): RecoverSettings {
  const site = { owner: 'recover()', plugin: 'durable' }
  const defaults = {
    only: () => true,
    options: () => ({}),
    concurrency: 10,
    codec: jsonCodec,
    clock: systemClock,
    onError: (error: unknown) => console.error(error),
  }
  const { every = '15s', ...options } = checkOptions(given, rules, site)
  for (const name of ['store', 'pipelines'] as const) {
    if ((options[name] as unknown) === undefined) throw invalidOption(site, undefined, rules[name][0], name)
  }
  return { ...defaults, ...options, everyMs: toMs(every) }
}
