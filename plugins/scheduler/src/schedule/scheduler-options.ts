import { checkOptions, type Clock, invalidOption, type OptionRules, systemClock } from '@pipe/core'
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
   * Gets what goes wrong: a store that cannot be reached, an input that cannot be made, a listener that throws; and the
   * name of the schedule that it is about, if it is about one. A store is asked again. Default: `console.error`.
   */
  readonly onError?: OnError
}

/** Gets an error, and the name of the schedule that it is about. */
export type OnError = (error: unknown, schedule?: string) => void

/** {@link SchedulerOptions} as the scheduler works with them. */
export interface SchedulerSettings {
  readonly store: StateStore | undefined
  readonly codec: Codec | undefined
  readonly group: string
  readonly clock: Clock
  readonly onError: OnError
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
export function schedulerSettingsOf(pipe: unknown, given: SchedulerOptions): SchedulerSettings {
  if (typeof (pipe as { readonly start?: unknown } | undefined)?.start !== 'function') {
    throw invalidOption({ owner: 'createScheduler()' }, pipe, 'what createPipe() returns', 'pipe')
  }
  const options = checkOptions(given, rules, { owner: 'createScheduler()' })
  const { store, codec, group = 'default', clock = systemClock, onError = report } = options
  if (given.group !== undefined && store === undefined) {
    throw invalidOption(
      { owner: 'createScheduler()' },
      given.group,
      'left out without `store`: nobody else is in it',
      'group',
    )
  }
  const safely: OnError = (error, schedule) => {
    try {
      onError(error, schedule)
    } catch {
      // There is nobody left to tell, and schedules go on.
    }
  }
  return { store, codec, group, clock, onError: safely }
}

const report: OnError = (error, schedule) => {
  if (schedule === undefined) console.error(error)
  else console.error(`Schedule "${schedule}":`, error)
}
