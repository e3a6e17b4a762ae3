import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createServer } from 'node:net'
import { once } from 'node:events'
import { killAfterwards } from './afterwards.ts'

/** A port that nothing listens on now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (typeof address !== 'object' || address === null) throw new Error('No port is free.')
  return address.port
}

/**
 * Where `program` is: in `PATH` or `folders`, else from the Debian package `debian`, installed first when we are root.
 *
 * @throws Error saying what to install; tests that need a server must fail without it, and not be skipped
 */
export function findProgram(program: string, debian: string, folders: () => readonly string[] = () => []): string {
  const path = () => [...(process.env['PATH'] ?? '').split(':'), ...folders()]
  const find = () => path().find((folder) => existsSync(`${folder}/${program}`))
  if (find() === undefined && process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')) {
    console.log(`Installing the Debian package ${debian}.`)
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
    for (const args of [['update'], ['install', '-y', '--no-install-recommends', debian]])
      execFileSync('apt-get', ['-qq', ...args], { env, stdio: ['ignore', 'ignore', 'inherit'] })
  }
  const folder = find()
  if (folder === undefined)
    throw new Error(`These tests need the program ${program}: install it (on Debian: apt-get install ${debian}).`)
  return `${folder}/${program}`
}

/** Who a process is. */
export interface User {
  readonly uid: number
  readonly gid: number
}

/** The user with this name, who must exist. */
export function userNamed(name: string): User {
  const [uid, gid] = ['-u', '-g'].map((flag) => Number(execFileSync('id', [flag, name], { encoding: 'utf8' })))
  return { uid: uid!, gid: gid! }
}

/** Starts a server; resolves when it prints `ready`, rejects with what it printed when it ends before. */
export function startProcess(
  command: string,
  args: readonly string[],
  ready: string,
  user?: User,
): Promise<ChildProcess> {
  const child = spawn(command, args, { ...user, cwd: '/', stdio: ['ignore', 'pipe', 'pipe'] })
  killAfterwards(child) // a server must not outlive whoever started it
  return new Promise((resolve, reject) => {
    let printed = ''
    const read = (chunk: Buffer) => {
      printed += String(chunk)
      if (!printed.includes(ready)) return
      child.stdout.off('data', read).resume()
      child.stderr.off('data', read).resume()
      resolve(child)
    }
    child.stdout.on('data', read)
    child.stderr.on('data', read)
    child.once('error', reject)
    child.once('exit', () => {
      reject(new Error(`${[command, ...args].join(' ')} ended:\n${printed}`))
    })
  })
}

/** Ends a process with `signal` and waits until it is gone. */
export async function endProcess(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  child.kill(signal)
  await gone
}
