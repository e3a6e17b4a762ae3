import { checkOptions, type Duration, invalidOption, type OptionRules, toMs } from '@pipe/core'
import { isClient, type RedisClient } from './client.ts'

/** What `redisStore()` takes. */
export interface RedisStoreOptions {
  /**
   * A connected client of ioredis or node-redis. It stays the user's: the store neither connects nor closes it, and does
   * not mind what else it is used for.
   */
  readonly client: RedisClient
  /**
   * What the keys of the store begin with, 1 to 100 of `A-Z a-z 0-9 . _ : -`. Stores with different prefixes know
   * nothing of each other. Default `pipe`.
   */
  readonly prefix?: string
  /**
   * How long an answer of the server is waited for, 1 ms to a day. A call that waits longer rejects with
   * `STORE_UNAVAILABLE`; the server may yet do what it asked. Default `'10s'`.
   */
  readonly timeout?: Duration
  /**
   * Told by `open` what is no obstacle and should be known: a server that forgets everything when it restarts, or one
   * that does not tell. Default: `process.emitWarning`, so it is written to stderr.
   */
  readonly onWarning?: (message: string) => void
}

/** Complete options, in milliseconds. */
export interface Settings {
  readonly client: RedisClient
  readonly prefix: string
  readonly timeout: number
  readonly onWarning: (message: string) => void
}

/**
 * The options, checked and complete.
 *
 * @throws PipelineError `OPTION_INVALID`
 */
export function settingsOf(options: RedisStoreOptions): Settings {
  const site = { owner: 'redisStore()', plugin: 'redis' }
  const { client, prefix = 'pipe', timeout = '10s', onWarning = warn } = checkOptions(options, OPTIONS, site)
  // A plain call from JavaScript may leave it out.
  if (!isClient(client)) throw invalidOption(site, client, OPTIONS.client[0], 'client')
  return { client, prefix, timeout: toMs(timeout), onWarning }
}

const warn = (message: string) => process.emitWarning(message, { code: 'PIPE_REDIS' })

const DAY = 86_400_000

const isTimeout = (value: unknown) => {
  try {
    const ms = toMs(value as Duration)
    return ms >= 1 && ms <= DAY
  } catch {
    return false
  }
}

const OPTIONS: OptionRules<RedisStoreOptions> = {
  client: ['a client of ioredis or node-redis', isClient],
  // Braces are left to the hash tags of the keys.
  prefix: [
    '1 to 100 of the characters A-Z a-z 0-9 . _ : -',
    (value) => typeof value === 'string' && /^[\w.:-]{1,100}$/.test(value),
  ],
  timeout: ["milliseconds from 1 to a day, or a string such as '5s'", isTimeout],
  onWarning: ['a function', (value) => typeof value === 'function'],
}
