import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

export const help = `Usage: history [options]

  --run ID     draw this run; nothing is run
  --ask        ask the questions; nothing is run
  --file FILE  SQLite file to write to; default: out/history.db
  --help       print this

With DATABASE_URL=postgres://… or mysql://… the history is there.
`

/** What the command line says. */
export interface Arguments {
  /** `run`: run the pipeline first, then ask. */
  readonly mode: 'run' | 'ask' | 'help'
  /** The run to draw. */
  readonly run: string | undefined
  /** Where the history is: the path of a file, or an address. */
  readonly location: string
}

/** The path of a file in the package of data that this example comes with. */
export const dataFile = (name: string): string =>
  fileURLToPath(new URL(`../data/${name}`, import.meta.resolve('vega-datasets')))

/** A CSV file with a row that is no day. */
export const brokenFile: string = fileURLToPath(new URL('../data/broken.csv', import.meta.url))

/** @throws TypeError that names an argument that cannot be */
export function readArguments(args: readonly string[], url: string | undefined): Arguments {
  // pnpm hands on the `--` of `pnpm start -- --run ID`, npm does not.
  const { values } = parseArgs({
    args: args[0] === '--' ? args.slice(1) : [...args],
    options: {
      run: { type: 'string' },
      ask: { type: 'boolean' },
      file: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  })
  const mode = values.help ? 'help' : values.ask || values.run !== undefined ? 'ask' : 'run'
  return { mode, run: values.run, location: values.file ?? (url === '' ? undefined : url) ?? 'out/history.db' }
}
