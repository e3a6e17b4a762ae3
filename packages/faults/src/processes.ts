import { spawn } from 'node:child_process'
import { EventEmitter, once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { killAfterwards } from '@pipe/config/servers/afterwards'
import type { Job, Report } from './job.ts'
import { patiently } from './patience.ts'

const program = fileURLToPath(new URL('worker.ts', import.meta.url))

/** A worker, seen from outside. */
export interface Worker {
  readonly pid: number
  /** Sends it a signal. */
  signal(signal: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): void
  /** Waits for what it tells: the first of its kind, whenever that was. Rejects when the worker ends without it. */
  told<W extends Report['what']>(what: W): Promise<Extract<Report, { readonly what: W }>>
  /** All that it told. */
  readonly reports: readonly Report[]
  /** Asks it to shut down. */
  shutDown(): void
  /** Shuts it down, and waits until it has ended, as it should. */
  close(): Promise<void>
  /** Waits until it has ended: the signal that ended it, or its exit code. */
  ended(): Promise<NodeJS.Signals | number | null>
}

/** Starts a worker; tells `onEnd` how it ended. */
export function startWorker(job: Job, onEnd: (how: NodeJS.Signals | number | null) => void): Worker {
  const args = ['--conditions=@pipe/source', '--no-warnings', program, JSON.stringify(job)]
  // Starting takes most of the time of most workers: with their sources compiled once, half as much.
  const env = { ...process.env, NODE_COMPILE_CACHE: join(tmpdir(), 'compiled') }
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'], env })
  killAfterwards(child)
  const reports: Report[] = []
  const news = new EventEmitter().setMaxListeners(0)
  createInterface({ input: child.stdout }).on('line', (line) => {
    reports.push(JSON.parse(line) as Report)
    news.emit('report')
  })
  child.stdin.on('error', () => undefined) // it may have ended
  let isOver = false
  const end = once(child, 'close').then(([code, signal]) => {
    isOver = true
    news.emit('report')
    const how = (signal ?? code) as NodeJS.Signals | number | null
    onEnd(how)
    return how
  })
  const ended = () => patiently(end, () => `worker ${child.pid} to end`)
  const shutDown = () => void child.stdin.write('close\n')
  return {
    pid: child.pid!,
    reports,
    ended,
    signal: (signal) => void child.kill(signal),
    told: async <W extends Report['what']>(what: W) => {
      const isOne = (report: Report): report is Extract<Report, { readonly what: W }> => report.what === what
      for (;;) {
        const found = reports.find(isOne)
        if (found !== undefined) return found
        if (isOver) throw new Error(`Worker ${child.pid} ended without telling of "${what}".`)
        await patiently(once(news, 'report'), () => `worker ${child.pid} to tell of "${what}"`)
      }
    },
    shutDown,
    close: async () => {
      shutDown()
      const how = await ended()
      if (how !== 0) throw new Error(`Worker ${child.pid} ended by ${String(how)} when it was shut down.`)
    },
  }
}
