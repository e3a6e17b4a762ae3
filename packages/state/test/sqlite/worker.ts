import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const script = fileURLToPath(new URL('../runners/sqlite-worker.ts', import.meta.url))

/** A process that does what `runners/sqlite-worker.ts` says, and the lines that it has printed. */
export interface Worker {
  readonly process: ChildProcess
  readonly lines: readonly string[]
  /** When it has printed so many lines. */
  printed(count: number): Promise<void>
  /** When it has ended, and all that it printed is in `lines`. */
  readonly ended: Promise<void>
}

/**
 * @param shell what a shell does before, in the same process
 * @param flags of Node
 */
export function startWorker(args: readonly string[], shell?: string, flags: readonly string[] = []): Worker {
  const command = [process.execPath, '--conditions=@pipe/source', '--no-warnings', ...flags, script, ...args]
  const [program, ...rest] = shell === undefined ? command : ['sh', '-c', `${shell}; exec "$@"`, 'sh', ...command]
  const child = spawn(program!, rest, { stdio: ['ignore', 'pipe', 'inherit'] })
  const lines: string[] = []
  const reader = createInterface({ input: child.stdout }).on('line', (line) => lines.push(line))
  return {
    process: child,
    lines,
    ended: Promise.all([once(child, 'close'), once(reader, 'close')]).then(() => undefined),
    printed: async (count) => {
      while (lines.length < count) await once(reader, 'line')
    },
  }
}
