import {
  checkOptions,
  type Duration,
  invalidOption,
  type OptionRule,
  type OptionRules,
  optionSite,
  type StepInfo,
  toMs,
} from '@pipe/core'
import type { Codec } from './codec.ts'
import { jsonCodec } from './codec.ts'
import { LONGEST } from './sleep.ts'
import type { StateStore } from './store.ts'

/** What `durable()` is given. */
export interface DurableOptions {
  /** Where runs are recorded. The plugin opens it, and never closes it: who made it does. */
  readonly store: StateStore
  /** How inputs and outputs are written. Default: {@link jsonCodec}, which refuses what JSON would lose. */
  readonly codec?: Codec
  /**
   * How long a process that has stopped renewing keeps its runs from others; renewed every third of it. A step that
   * blocks the event loop for longer loses its run. Default 30 s, from 100 ms to 24 days.
   */
  readonly lease?: Duration
  /** How many times a run may end its process, or lose it, before nobody takes it any more. Default 5. */
  readonly maxCrashes?: number
}

/** {@link DurableOptions} as the plugin works with them. */
export interface DurableSettings {
  readonly store: StateStore
  readonly codec: Codec
  readonly leaseMs: number
  readonly maxCrashes: number
}

export const aStore: OptionRule = [
  'a store, such as sqliteStore({ file })',
  (store) => typeof (store as Partial<StateStore> | null)?.acquire === 'function',
]

export const aCodec: OptionRule = [
  'a codec: { name, encode, decode }',
  (codec) => {
    const { name, encode, decode } = (codec ?? {}) as Partial<Codec>
    return typeof encode === 'function' && typeof decode === 'function' && /^[\w-]+$/.test(String(name))
  },
]

const rules: OptionRules<DurableOptions> = {
  store: aStore,
  codec: aCodec,
  lease: [
    'a duration from 100 ms to 24 days',
    (lease) => {
      const ms = toMs(lease as Duration, '`lease` of durable()')
      return ms >= 100 && ms <= LONGEST
    },
  ],
  maxCrashes: ['a whole number from 0 up', (crashes) => Number.isSafeInteger(crashes) && Number(crashes) >= 0],
}

const site = { owner: 'durable()', plugin: 'durable' }

/** @throws PipelineError `OPTION_INVALID` */
export function settingsOf(options: DurableOptions): DurableSettings {
  const { store, codec = jsonCodec, lease = '30s', maxCrashes = 5 } = checkOptions(options, rules, site)
  if ((store as StateStore | undefined) === undefined) throw invalidOption(site, store, aStore[0], 'store')
  return { store, codec, leaseMs: Math.round(toMs(lease)), maxCrashes }
}

/** What of a step is recorded. */
export type Durability = 'checkpoint' | 'none'

/**
 * Whether anything is recorded of a step: of what runs others always, for what is inside of it may be.
 *
 * @throws PipelineError `OPTION_INVALID`
 */
export function isRecorded(step: StepInfo): boolean {
  const { durable = 'checkpoint' }: { readonly durable?: unknown } = step.options
  if (durable === 'checkpoint' || durable === 'none') return durable === 'checkpoint' || step.runs !== 'function'
  throw invalidOption(optionSite(step, 'durable', 'durable', "'checkpoint' or 'none'"), durable)
}
