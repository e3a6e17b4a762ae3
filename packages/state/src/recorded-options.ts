import type { RunOptions } from '@pipe/core'

const NAMES = ['failure', 'concurrency', 'timeout', 'grace', 'undoTimeout'] as const

/** What of the options of a run is recorded, besides its tags: what is plain data. Functions, services and signals are not. */
export type RecordedOptions = Pick<RunOptions, (typeof NAMES)[number]>

/** Those that there are. A length of time without end is as good as none, and JSON has no word for it. */
export function recordedOptionsOf(options: RunOptions): RecordedOptions {
  return Object.fromEntries(
    NAMES.flatMap((name) => {
      const value = options[name]
      return value === undefined || value === Infinity ? [] : [[name, value]]
    }),
  )
}
