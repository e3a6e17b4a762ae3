import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

/** The program, as Node is told to run it. */
export const command: readonly string[] = [
  '--conditions=@pipe/source',
  fileURLToPath(new URL('../src/main.ts', import.meta.url)),
]

/** What a process has left when it ended. `code` is `null` when a signal ended it. */
export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** The program in a process of its own. */
export interface Program {
  readonly pid: number
  /** Resolves once what it has written to stderr matches; rejects when it ends before. */
  written(what: RegExp): Promise<void>
  kill(signal: NodeJS.Signals): void
  readonly ended: Promise<Ended>
}

const children = new Set<ChildProcess>()

/** Ends the programs that a test has left. */
export async function endPrograms(): Promise<void> {
  await Promise.all(
    [...children].map(async (child) => {
      const closed = once(child, 'close')
      child.kill('SIGKILL')
      await closed
    }),
  )
}

/** Starts the program in pipes: no terminal, no colours. */
export function start(args: readonly string[]): Program {
  const { FORCE_COLOR: _, ...env } = process.env
  const child = spawn(process.execPath, [...command, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  let [stdout, stderr] = ['', '']
  const waiting = new Set<() => void>()
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
    for (const look of waiting) look()
  })
  children.add(child)
  const ended = new Promise<Ended>((resolve) => {
    child.on('close', (code) => {
      children.delete(child)
      resolve({ code, stdout, stderr })
    })
  })
  return {
    pid: child.pid!,
    ended,
    kill: (signal) => void child.kill(signal),
    written: (what) =>
      new Promise((resolve, reject) => {
        const look = () => {
          if (!what.test(stderr)) return
          waiting.delete(look)
          resolve()
        }
        waiting.add(look)
        look()
        void ended.then(() => reject(new Error(`It ended without writing ${String(what)}:\n${stderr}`)))
      }),
  }
}

/** Runs the program to its end. */
export const run = (args: readonly string[]): Promise<Ended> => start(args).ended

/** A folder that is gone after the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'pipe-heartbeat-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  return folder
}
