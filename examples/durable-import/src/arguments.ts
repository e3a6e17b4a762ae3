import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { type Duration, toMs } from '@pipe/core'
import { isRunId } from '@pipe/state'

export const help = `Usage: durable-import COMMAND [options]

  import        imports a file, or goes on with it where it stopped
  runs          lists the imports
  show ID       shows what is recorded of an import
  pause ID      lets nothing new start in an import
  resume ID     ends a pause
  cancel ID     stops an import, and removes what it has imported
  revive ID     lets an import be tried again that ended its process too often
  worker        goes on with imports that nobody has, until it is stopped

  --id ID       import: its name; default: places
  --data FILE   import: the CSV file to read; default: the ZIP codes of the USA
  --slow        import, worker: takes a second for each batch, to have time to stop it
  --lease TIME  import, worker: how long a process that was killed keeps its imports; default: 10s
  --dir DIR     folder of the databases and the report; default: out
  --json        prints lines of JSON
  --help        prints this
`

/** What is asked of an import that there is. */
export type Request = 'pause' | 'resume' | 'cancel' | 'revive'

/** What to do. */
export type Command =
  | { readonly name: 'help' | 'runs' | 'worker' }
  | { readonly name: 'import'; readonly id: string; readonly file: string }
  | { readonly name: 'show' | Request; readonly id: string }

/** How to do it. */
export interface Settings {
  /** Absolute path of the folder of the databases and the report. */
  readonly folder: string
  readonly slow: boolean
  /** Milliseconds. */
  readonly leaseMs: number
  readonly json: boolean
}

/** The path of a file in the package of data that this example comes with. */
export const dataFile = (name: string): string =>
  fileURLToPath(new URL(`../data/${name}`, import.meta.resolve('vega-datasets')))

/** @throws Error that names an argument that cannot be */
export function readArguments(args: readonly string[]): { command: Command; settings: Settings } {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      id: { type: 'string' },
      data: { type: 'string' },
      slow: { type: 'boolean', default: false },
      lease: { type: 'string', default: '10s' },
      dir: { type: 'string', default: 'out' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  const settings = {
    folder: resolve(values.dir),
    slow: values.slow,
    // Of a text that is no duration this is the check.
    leaseMs: toMs(values.lease as Duration, '--lease'),
    json: values.json,
  }
  if (values.help) return { command: { name: 'help' }, settings }
  const command = commandOf(positionals, values)
  const idle = (['id', 'data'] as const).find((option) => command.name !== 'import' && values[option] !== undefined)
  if (idle !== undefined) throw new Error(`--${idle} is an option of import, not of ${command.name}.`)
  return { command, settings }
}

function commandOf(
  [name, id, ...more]: readonly string[],
  options: { readonly id?: string | undefined; readonly data?: string | undefined },
): Command {
  const needless = (what: string | undefined) => {
    if (what !== undefined) throw new Error(`${name} has nothing to do with "${what}". See --help.`)
  }
  switch (name) {
    case undefined:
      throw new Error('There is no command. See --help.')
    case 'import':
      needless(id)
      return { name, id: checkId(options.id ?? 'places'), file: resolve(options.data ?? dataFile('zipcodes.csv')) }
    case 'runs':
    case 'worker':
      needless(id)
      return { name }
    case 'show':
    case 'pause':
    case 'resume':
    case 'cancel':
    case 'revive':
      if (id === undefined) throw new Error(`${name} needs the id of an import: ${name} ID. See them with: runs`)
      needless(more[0])
      return { name, id: checkId(id) }
    default:
      throw new Error(`There is no command "${name}". See --help.`)
  }
}

function checkId(id: string): string {
  if (isRunId(id)) return id
  throw new Error(
    `Expected the id of an import to be 1 to 200 of A-Z a-z 0-9 . _ : @ + = - and /, got ${JSON.stringify(id)}.`,
  )
}
