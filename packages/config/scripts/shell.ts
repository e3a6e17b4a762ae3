import { execFile, type ExecFileOptions } from 'node:child_process'
import { promisify } from 'node:util'
import { delimiter, join } from 'node:path'
import { root } from './workspace.ts'

const run = promisify(execFile)
const bins = [join(root, 'node_modules/.bin'), join(root, 'packages/config/node_modules/.bin')]

/** The environment of every command: the tools of this repository come first, whatever the machine has installed. */
export const environment = {
  ...process.env,
  PATH: [...bins, process.env['PATH']].join(delimiter),
  TURBO_TELEMETRY_DISABLED: '1',
}

/** Runs a command to its end and returns what it printed; rejects with what it printed when it fails. */
export async function shell(command: string, args: string[], options: ExecFileOptions = {}): Promise<string> {
  try {
    const { stdout } = await run(command, args, { env: environment, maxBuffer: 2 ** 26, ...options, encoding: 'utf8' })
    return stdout
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string }
    throw new Error(`${[command, ...args].join(' ')}\n${stdout}${stderr}`, { cause: error })
  }
}
