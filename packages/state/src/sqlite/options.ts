import { checkOptions, type Clock, invalidOption, type OptionRules, systemClock } from '@pipe/core'

/** What a SQLite store can be given. */
export interface SqliteStoreOptions {
  /**
   * Path of the file, from the current folder; it and its folder are made when they are missing. Or `':memory:'`, which
   * is gone with the process.
   */
  readonly file: string
  /**
   * How long a call waits while another connection writes, ms: a whole number from 0 up. The process goes on meanwhile.
   * Default 5,000.
   */
  readonly busyTimeoutMs?: number
  /**
   * What survives: with `normal` (the default) the end of the process, however it comes; when the machine loses power,
   * the last commits may be lost, and the file is as it was before them. With `full` that too: every commit waits for
   * the disk, some milliseconds.
   */
  readonly synchronous?: 'normal' | 'full'
  /** What time it is, for leases. All processes must agree on it. Default: that of the machine. */
  readonly clock?: Clock
}

/** Complete options. */
export type SqliteSettings = Required<SqliteStoreOptions>

/**
 * The options, checked, with what they leave out.
 *
 * @throws PipelineError `OPTION_INVALID`
 */
export function sqliteSettings(options: SqliteStoreOptions): SqliteSettings {
  const site = { owner: 'sqliteStore()' }
  const given = checkOptions<Partial<SqliteStoreOptions>>(options, RULES, site)
  const { file, busyTimeoutMs = 5_000, synchronous = 'normal', clock = systemClock } = given
  if (file === undefined) throw invalidOption(site, file, RULES.file[0], 'file')
  return { file, busyTimeoutMs, synchronous, clock }
}

const RULES: OptionRules<SqliteStoreOptions> = {
  file: [
    "the path of a file, or ':memory:'",
    (file) => typeof file === 'string' && file !== '' && !file.includes('\0'),
  ],
  busyTimeoutMs: ['a whole number of milliseconds from 0 up', (ms) => Number.isSafeInteger(ms) && Number(ms) >= 0],
  synchronous: ["'normal' or 'full'", (value) => value === 'normal' || value === 'full'],
  clock: [
    'a clock',
    (clock) => typeof clock === 'object' && clock !== null && 'now' in clock && typeof clock.now === 'function',
  ],
}
