import type { ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { endProcess } from './process.ts'

/** A server for tests, on 127.0.0.1. */
export interface Server {
  readonly port: number
  readonly url: string
  /** Ends it, politely or with SIGKILL, and leaves its data. */
  down(signal?: NodeJS.Signals): Promise<void>
  /** Starts it again, on the same port, with the data it has on disk. */
  up(): Promise<void>
  /** Ends it and removes its data. */
  stop(): Promise<void>
}

/** Where a server is to be had: one that was given, which `stop` leaves running, or one that was started. */
export type ServerUrl = Pick<Server, 'url' | 'stop'>

/** An empty folder for the data of a server. */
export const dataFolder = (name: string): string => mkdtempSync(join(tmpdir(), `pipe-${name}-`))

/**
 * A server that `launch` starts.
 *
 * @param launch called for each start; resolves when the server answers
 * @param folder its data
 */
export async function startServer(
  url: string,
  port: number,
  folder: string,
  launch: () => Promise<ChildProcess>,
): Promise<Server> {
  let child: ChildProcess | undefined
  const up = async () => {
    child = await launch()
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
  return { port, url, up, down, stop }
}

/** The server at `given`, if there is one, else one that is started. */
export async function givenOr(given: string | undefined, start: () => Promise<Server>): Promise<ServerUrl> {
  return given ? { url: given, stop: () => Promise.resolve() } : await start()
}
