import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

/** What a process has left when it ended. */
export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Called with what a process has written to stderr so far, each time it writes. */
export type Watch = (stderr: string, interrupt: () => void) => void

/** Runs a TypeScript file of this package in a process of its own, in pipes: no terminal, no colours. */
export async function runFile(file: URL, args: readonly string[] = [], watch: Watch = () => undefined): Promise<Ended> {
  const { FORCE_COLOR: _, ...env } = process.env
  const child = spawn(process.execPath, ['--conditions=@pipe/source', fileURLToPath(file), ...args], { env })
  let seen = ''
  child.stderr.on('data', (chunk: Buffer) => watch((seen += chunk.toString()), () => child.kill('SIGINT')))
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve))
  const [code, stdout, stderr] = await Promise.all([ended, text(child.stdout), text(child.stderr)])
  return { code, stdout, stderr }
}

/** A folder that is gone after the test. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'pipe-weather-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  return folder
}
