import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { type Duration, toMs } from '@pipe/core'

export const help = `Usage: heartbeat [options]

  --dir DIR      folder of what is kept; default: out
  --every TIME   how often to take a sample, from 100ms to 1h; default: 2s
  --report CRON  when to write a report, UTC; default: */15 * * * * *
  --keep TIME    how long samples and runs are kept, from 2m to 1d; default: 10m
  --seconds N    stops by itself after so many seconds, from 1 to 86400
  --json         prints a summary as JSON at the end
  --help         prints this

Keys, on a terminal:
  1 2 3, up, down  select a schedule          e      pause or resume the thermostat
  p                pause or resume it         space  one tick, while it is paused
  t                run it now                 q      stop
`

/** What the command line says. */
export interface Settings {
  /** Absolute path of the folder of what is kept. */
  readonly folder: string
  readonly everyMs: number
  /** A cron expression, as it was given. */
  readonly report: string
  readonly keepMs: number
  /** `undefined`: until somebody stops it. */
  readonly seconds: number | undefined
  readonly json: boolean
}

/**
 * @returns `undefined` when help was asked for
 * @throws Error that names an argument that cannot be
 */
export function readArguments(args: readonly string[]): Settings | undefined {
  // pnpm hands on the `--` of `pnpm start -- --json`, npm does not.
  const { values } = parseArgs({
    args: args[0] === '--' ? args.slice(1) : [...args],
    options: {
      dir: { type: 'string', default: 'out' },
      every: { type: 'string', default: '2s' },
      report: { type: 'string', default: '*/15 * * * * *' },
      keep: { type: 'string', default: '10m' },
      seconds: { type: 'string' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  if (values.help) return undefined
  if (values.dir === '') throw new Error('--dir must name a folder.')
  return {
    folder: resolve(values.dir),
    everyMs: duration('every', values.every, ['100ms', '1h']),
    report: values.report,
    keepMs: duration('keep', values.keep, ['2m', '1d']),
    seconds: values.seconds === undefined ? undefined : secondsOf(values.seconds),
    json: values.json,
  }
}

function duration(name: string, text: string, [least, most]: readonly [Duration, Duration]): number {
  // Of a text that is no duration this is the check.
  const ms = toMs(text as Duration, `--${name}`)
  if (ms >= toMs(least) && ms <= toMs(most)) return Math.round(ms)
  throw new Error(`--${name} must be from ${least} to ${most}, got ${text}.`)
}

function secondsOf(text: string): number {
  const seconds = Number(text)
  if (text.trim() !== '' && seconds >= 1 && seconds <= 86_400) return seconds
  throw new Error(`--seconds must be a number from 1 to 86400, got ${JSON.stringify(text)}.`)
}
