import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
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

/** Runs the program in a process of its own, in pipes: no terminal, and no colours unless `env` says so. */
export async function run(args: readonly string[], more: NodeJS.ProcessEnv = {}): Promise<Ended> {
  const { FORCE_COLOR: _, NO_COLOR: __, DATABASE_URL: ___, ...env } = process.env
  const file = fileURLToPath(new URL('../src/main.ts', import.meta.url))
  const child = spawn(process.execPath, ['--conditions=@pipe/source', file, ...args], { env: { ...env, ...more } })
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve))
  const [code, stdout, stderr] = await Promise.all([ended, text(child.stdout), text(child.stderr)])
  return { code, stdout, stderr }
}

/** A folder that is gone after the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'pipe-history-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  return folder
}
