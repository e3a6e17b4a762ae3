import type { ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { endProcess, findProgram, freePort, startProcess } from './process.ts'

/** A Redis server for tests, on 127.0.0.1. */
export interface RedisServer {
  readonly port: number
  readonly url: string
  /** Ends it, politely or with SIGKILL, and leaves its data. */
  down(signal?: 'SIGTERM' | 'SIGKILL'): Promise<void>
  /** Starts it again, on the same port, with the data it has on disk. */
  up(): Promise<void>
  /** Ends it and removes its data. */
  stop(): Promise<void>
}

/**
 * Starts a server that writes nothing to disk, unless `settings` say otherwise: `{ appendonly: 'yes' }`.
 *
 * Tests that change nothing but keys of their own ask {@link redisUrl} instead.
 */
export async function startRedis(settings: Readonly<Record<string, string | number>> = {}): Promise<RedisServer> {
  const program = findProgram('redis-server', 'redis-server')
  const folder = mkdtempSync(join(tmpdir(), 'pipe-redis-'))
  const port = await freePort()
  const all = { save: '', bind: '127.0.0.1', ...settings, port, dir: folder }
  const args = Object.entries(all).flatMap(([name, value]) => [`--${name}`, String(value)])
  let child: ChildProcess | undefined

  const up = async () => {
    child = await startProcess(program, args, 'Ready to accept connections')
  }
  const down = async (signal: NodeJS.Signals = 'SIGTERM') => {
    if (child !== undefined) await endProcess(child, signal)
  }
  const stop = async () => {
    await down('SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  }
  await up().catch(async (error: unknown) => {
    await stop()
    throw error
  })
  return { port, url: `redis://127.0.0.1:${port}`, up, down, stop }
}

/** The server at `REDIS_URL`, else one that is started, and stopped by `stop`. Its other keys are nobody's business. */
export async function redisUrl(): Promise<{ readonly url: string; stop(): Promise<void> }> {
  const { REDIS_URL } = process.env
  return REDIS_URL ? { url: REDIS_URL, stop: () => Promise.resolve() } : await startRedis()
}
