import { parseArgs } from 'node:util'
import { CreateError } from './create-error.ts'

export const help = `Usage: npm create pipe-plugin [name] [-- options]

Writes the package of a plugin for Pipe: sources, tests, types, build, README and releases.

  name         of the package, such as acme-cache or @acme/pipe-cache; asked for in a terminal
  --dir DIR    folder to write to; default: the name without its scope
  --yes, -y    ask nothing
  --help, -h   print this
  --version    print the version
`

/** What the command line says. */
export interface Arguments {
  readonly mode: 'create' | 'help' | 'version'
  readonly name: string | undefined
  readonly folder: string | undefined
  /** Whether questions are allowed. */
  readonly asks: boolean
}

/** @throws CreateError `ARGUMENT_INVALID` that names the argument */
export function readArguments(args: readonly string[]): Arguments {
  const { values, positionals } = parse(args)
  const [name, ...more] = positionals
  if (more.length > 0) throw invalid(`One name is enough, got also: ${more.join(' ')}.`)
  if (values.dir === '') throw invalid('Option --dir must name a folder; got an empty one.')
  const mode = values.help ? 'help' : values.version ? 'version' : 'create'
  return { mode, name, folder: values.dir, asks: !values.yes }
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        dir: { type: 'string' },
        yes: { type: 'boolean', short: 'y', default: false },
        help: { type: 'boolean', short: 'h', default: false },
        version: { type: 'boolean', default: false },
      },
    })
  } catch (error) {
    // The first sentence says what; the others are about other programs.
    const [what = ''] = (error as Error).message.split('. ')
    throw invalid(`${what}.`)
  }
}

const invalid = (message: string) => new CreateError('ARGUMENT_INVALID', `${message} See --help.`)
