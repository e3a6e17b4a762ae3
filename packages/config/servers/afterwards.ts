import { type ChildProcess, spawn } from 'node:child_process'

/**
 * Has a shell execute `script` when this process or thread has ended, by whatever: SIGKILL too. For what nobody is left
 * to clean up then.
 *
 * @param args `$1` and so on, in the script
 * @returns a function that cancels it
 */
export function afterwards(script: string, ...args: readonly string[]): () => void {
  // It reads from a pipe that has an end when its other side is gone, and is in a group that nobody sends a signal.
  const shell = spawn('sh', ['-c', `read -r _; ${script}`, 'sh', ...args], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  })
  shell.on('error', () => undefined) // where there is no `sh`, there is no cleaning up
  shell.stdin.on('error', () => undefined)
  shell.unref()
  ;(shell.stdin as { unref?: () => void }).unref?.()
  return () => void shell.kill('SIGKILL')
}

/** Has a process killed when this one has ended; nothing, once it has ended itself. */
export function killAfterwards(child: ChildProcess): void {
  if (child.pid === undefined) return
  child.once('exit', afterwards('kill -9 "$1"', String(child.pid)))
}
