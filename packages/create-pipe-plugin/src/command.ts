import { relative } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { help, readArguments } from './arguments.ts'
import { askName } from './ask-name.ts'
import { CreateError } from './create-error.ts'
import { type CreatedPlugin, createPlugin } from './create-plugin.ts'
import { readOwnManifest } from './own-manifest.ts'

/** How the command ends. */
const exitCodes = { written: 0, failed: 1, refused: 2, interrupted: 130 } as const

/** Where the command reads and writes: those of the process. */
export interface Terminal {
  readonly stdin: Readable & { readonly isTTY?: boolean }
  readonly stdout: Writable & { readonly isTTY?: boolean }
  readonly stderr: Writable
}

/**
 * The command `npm create pipe-plugin`.
 *
 * @param signal the user wants it to end
 * @returns the exit code: 0 written, 1 failed, 2 refused, 130 interrupted
 */
export async function command(args: readonly string[], terminal: Terminal, signal: AbortSignal): Promise<number> {
  const { stdin, stdout, stderr } = terminal
  try {
    const { mode, folder, asks, ...given } = readArguments(args)
    if (mode !== 'create') {
      stdout.write(mode === 'help' ? help : `${(await readOwnManifest()).version}\n`)
      return exitCodes.written
    }
    const isTalking = asks && stdin.isTTY === true && stdout.isTTY === true
    if (given.name === undefined && !isTalking)
      throw new CreateError(
        'ARGUMENT_INVALID',
        'Say how the package is called: npm create pipe-plugin @acme/pipe-cache',
      )
    const name = given.name ?? (await askName(stdin, stdout, signal))
    if (name === undefined) return interrupted(stderr)
    const created = await createPlugin(name, { signal, ...(folder !== undefined && { folder }) })
    stdout.write(farewell(created))
    return exitCodes.written
  } catch (error) {
    if (signal.aborted) return interrupted(stderr)
    stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    return error instanceof CreateError ? exitCodes.refused : exitCodes.failed
  }
}

function interrupted(stderr: Writable): number {
  stderr.write('Interrupted: nothing was written.\n')
  return exitCodes.interrupted
}

function farewell({ folder, name }: CreatedPlugin): string {
  const path = relative('', folder) || '.'
  const shown = /\s/.test(path) ? `"${path}"` : path
  const steps = [...(path === '.' ? [] : [`cd ${shown}`]), 'npm install', 'npm test']
  return `Wrote ${name.package} to ${shown}: a plugin that works, to change into yours. CONTRIBUTING.md says how.

${steps.map((step) => `  ${step}\n`).join('')}`
}
