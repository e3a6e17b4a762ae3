import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

export const help = `Usage: weather [options]

  --data FILE  CSV file to read; default: the weather of Seattle, 2012 to 2015
  --out DIR    folder to write to; default: out
  --log FILE   file to log to, a line of JSON for everything that happens; default: none
  --plan       print the plan as a Mermaid flowchart, and run nothing
  --dry-run    say of each step whether it could run, and run nothing
  --json       print every event of the run as a line of JSON
  --help       print this
`

/** What the command line says. */
export interface Arguments {
  readonly data: string
  readonly folder: string
  /** The file to log to. */
  readonly log: string | undefined
  readonly mode: 'run' | 'json' | 'plan' | 'dry-run' | 'help'
}

/** The path of a file in the package of data that this example comes with. */
export const dataFile = (name: string): string =>
  fileURLToPath(new URL(`../data/${name}`, import.meta.resolve('vega-datasets')))

/** @throws TypeError that names an argument that cannot be */
export function readArguments(args: readonly string[]): Arguments {
  const { values } = parseArgs({
    args: [...args],
    options: {
      data: { type: 'string', default: dataFile('seattle-weather.csv') },
      out: { type: 'string', default: 'out' },
      log: { type: 'string' },
      plan: { type: 'boolean' },
      'dry-run': { type: 'boolean' },
      json: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  })
  const mode = (['help', 'plan', 'dry-run', 'json'] as const).find((name) => values[name]) ?? 'run'
  return { data: values.data, folder: values.out, log: values.log, mode }
}
