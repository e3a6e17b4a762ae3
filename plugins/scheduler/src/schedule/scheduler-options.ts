import { checkOptions, type Clock, type OptionRules, systemClock } from '@pipe/core'
import type { Codec, StateStore } from '@pipe/state'

/** What a scheduler works with. Everything is optional. */
export interface SchedulerOptions {
  /**
   * Where schedules are kept, so that they go on after a restart, and so that of several processes that have the same
   * schedules one fires each slot: the store of the `durable()` that the pipe has. It has to be open. Default: in memory,
   * gone with the process.
   */
  readonly store?: StateStore
  /**
   * Those who have the same schedules: of the processes with one store and one group, one fires. Processes with other
   * schedules need another group. 1 to 100 characters of `A-Z a-z 0-9 . _ -`. Default `'default'`.
   */
  readonly group?: string
  /** What `durable()` writes with. Default: that of JSON. */
  readonly codec?: Codec
  /** Time. Default: that of the machine. With a store, slots are told by the clock of the store. */
  readonly clock?: Clock
  /**
   * Gets what goes wrong: a store that cannot be reached, an input that cannot be made, a listener that throws. All but
   * the last is tried again. Default: `console.error`.
   */
  readonly onError?: (error: unknown) => void
}

/** {@link SchedulerOptions} as the scheduler works with them. */
export interface SchedulerSettings {
  readonly store: StateStore | undefined
  readonly codec: Codec | undefined
  readonly group: string
  readonly clock: Clock
  readonly onError: (error: unknown) => void
}

const rules: OptionRules<SchedulerOptions> = {
  store: [
    'a store, such as sqliteStore({ file })',
    (store) => typeof (store as Partial<StateStore> | null)?.acquire === 'function',
  ],
  group: ['1 to 100 characters of A-Z a-z 0-9 . _ -', (value) => /^[\w.-]{1,100}$/.test(String(value))],
  codec: [
    'a codec: { name, encode, decode }',
    (codec) => typeof (codec as Partial<Codec> | null)?.encode === 'function',
  ],
  clock: [
    'an object with now, monotonic, setTimeout and clearTimeout',
    (clock) => typeof (clock as Partial<Clock> | null)?.monotonic === 'function',
  ],
  onError: ['a function', (value) => typeof value === 'function'],
}

/** @throws PipelineError `OPTION_INVALID` */
export function schedulerSettingsOf(given: SchedulerOptions): SchedulerSettings {
  const options = checkOptions(given, rules, { owner: 'createScheduler()' })
  const { store, codec, group = 'default', clock = systemClock, onError = report } = options
  const safely = (error: unknown) => {
    try {
      onError(error)
    } catch {
      // There is nobody left to tell, and schedules go on.
    }
  }
  return { store, codec, group, clock, onError: safely }
}

const report = (error: unknown): void => console.error(error)
