import { spawn } from 'node:child_process'
import { EventEmitter, once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Job, Report } from './job.ts'

const program = fileURLToPath(new URL('worker.ts', import.meta.url))

/** A worker, seen from outside. */
export interface Worker {
  readonly pid: number
  /** Sends it a signal. */
  signal(signal: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): void
  /** What it tells; resolves with the first of its kind, whenever that was. Rejects when the worker ends without it. */
  told<W extends Report['what']>(what: W): Promise<Extract<Report, { readonly what: W }>>
  /** All that it told. */
  readonly reports: readonly Report[]
  /** Asks it to shut down. */
  shutDown(): void
  /** Shuts it down, and waits until it has ended, as it should. */
  close(): Promise<void>
  /** When it has ended: the signal that ended it, or its exit code. */
  readonly ended: Promise<NodeJS.Signals | number | null>
}

/** Starts a worker. */
export function startWorker(job: Job): Worker {
  const args = ['--conditions=@pipe/source', '--no-warnings', program, JSON.stringify(job)]
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] })
  const reports: Report[] = []
  const news = new EventEmitter().setMaxListeners(0)
  createInterface({ input: child.stdout }).on('line', (line) => {
    reports.push(JSON.parse(line) as Report)
    news.emit('report')
  })
  child.stdin.on('error', () => undefined) // it may have ended
  let isOver = false
  const ended = once(child, 'close').then(([code, signal]) => {
    isOver = true
    news.emit('report')
    return (signal ?? code) as NodeJS.Signals | number | null
  })
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
        await once(news, 'report')
      }
    },
    shutDown,
    close: async () => {
      shutDown()
      const how = await ended
      if (how !== 0) throw new Error(`Worker ${child.pid} ended by ${String(how)} when it was shut down.`)
    },
  }
}
