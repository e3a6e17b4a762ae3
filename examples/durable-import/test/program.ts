import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import { dataFile } from '../src/arguments.ts'

/** What a process has left when it ended. `code` is `null` when a signal ended it. */
export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** The program in a process of its own. */
export interface Program {
  /** Resolves once what it has written to stdout and stderr matches; rejects when it ends before. */
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

/** Starts a TypeScript file of this package, in pipes: no terminal, no colours. */
export function startFile(file: URL, args: readonly string[] = [], more: NodeJS.ProcessEnv = {}): Program {
  const { FORCE_COLOR: _, REDIS_URL: __, DATABASE_URL: ___, ...env } = process.env
  const child = spawn(process.execPath, ['--conditions=@pipe/source', fileURLToPath(file), ...args], {
    env: { ...env, ...more },
  })
  let [all, stdout, stderr] = ['', '', '']
  const waiting = new Set<() => void>()
  const take = (text: string) => {
    all += text
    for (const look of waiting) look()
  }
  child.stdout.setEncoding('utf8').on('data', (text: string) => take(((stdout += text), text)))
  child.stderr.setEncoding('utf8').on('data', (text: string) => take(((stderr += text), text)))
  children.add(child)
  const ended = new Promise<Ended>((resolve) => {
    child.on('close', (code) => {
      children.delete(child)
      resolve({ code, stdout, stderr })
    })
  })
  return {
    ended,
    kill: (signal) => child.kill(signal),
    written: (what) =>
      new Promise((resolve, reject) => {
        const look = () => {
          if (!what.test(all)) return
          waiting.delete(look)
          resolve()
        }
        waiting.add(look)
        look()
        void ended.then(() => reject(new Error(`It ended without writing ${String(what)}:\n${all}`)))
      }),
  }
}

/** Starts the program with a command line. */
export const start = (args: readonly string[], env?: NodeJS.ProcessEnv): Program =>
  startFile(new URL('../src/main.ts', import.meta.url), args, env)

/** Runs the program to its end. */
export const run = (args: readonly string[], env?: NodeJS.ProcessEnv): Promise<Ended> => start(args, env).ended

/** A folder that is gone after the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'pipe-durable-import-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  return folder
}

/** A file with every eighth of the ZIP codes: 5,257 rows in 6 batches. */
export function aFile(folder: string): string {
  const [header, ...rows] = readFileSync(dataFile('zipcodes.csv'), 'utf8').trim().split('\n')
  const file = join(folder, 'places.csv')
  writeFileSync(file, [header, ...rows.filter((_, i) => i % 8 === 0)].join('\n'))
  return file
}
