import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { killAfterwards } from '@pipe/config/servers/afterwards'
import type { ScheduleInfo } from '@pipe/scheduler'
import { type RunInfo, runsIn, type StateStore } from '@pipe/state'
import { polling, type Shared } from './polling.ts'
import type { Told } from './program.ts'
import { type StoreName, stores } from './stores.ts'

const program = fileURLToPath(new URL('program.ts', import.meta.url))

/** A process with a scheduler, seen from outside. */
interface Process {
  readonly pid: number
  /** All that it told. */
  readonly told: readonly Told[]
  /** Whether it has not ended, and nobody has ended it. */
  readonly lives: boolean
  /** Asks it to do something, and waits until it has. */
  ask(what: 'pause' | 'resume' | 'trigger'): Promise<Told>
  kill(): Promise<void>
  /** Ends it as it should; answers what it told when it was stopped. */
  stop(): Promise<Told>
}

/** A line that a run has written. */
interface Line {
  readonly run: string
  readonly token: string
  readonly lateMs: number
}

/** Processes that share a store. */
export interface Cluster extends AsyncDisposable {
  readonly store: StateStore
  readonly at: string
  /** When the last slot may be, epoch ms. */
  readonly until: number | undefined
  readonly processes: readonly Process[]
  /** Starts another one; resolves when it takes part. */
  start(): Promise<Process>
  /** Waits until a process leads that said so after `since`, epoch ms; answers when it did, and which it is. */
  led(since?: number): Promise<{ readonly at: number; readonly leader: Process }>
  info(): Promise<ScheduleInfo>
  /** Of the schedule, by slot. */
  runs(): Promise<readonly RunInfo[]>
  lines(): readonly Line[]
}

/** Longest that anything is waited for, ms: what takes longer does not happen. */
const PATIENCE = 90_000

/** Waits until `what` is not `undefined`. */
export async function eventually<T>(what: () => Promise<T | undefined> | T | undefined, name: string): Promise<T> {
  const end = Date.now() + PATIENCE
  while (Date.now() < end) {
    const found = await what()
    if (found !== undefined) return found
    await sleep(20)
  }
  throw new Error(`Waited ${PATIENCE} ms for ${name}.`)
}

function startProcess(shared: Shared): Process {
  const args = ['--conditions=@pipe/source', '--no-warnings', program, JSON.stringify(shared)]
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] })
  killAfterwards(child)
  const told: Told[] = []
  createInterface({ input: child.stdout }).on('line', (line) => {
    told.push(JSON.parse(line) as Told)
  })
  let lives = true
  const end = once(child, 'close').finally(() => {
    lives = false
  })
  const say = (what: Told['what'], count = 1) =>
    eventually(() => told.filter((one) => one.what === what)[count - 1], `a process to tell of "${what}"`)
  return {
    pid: child.pid!,
    told,
    get lives() {
      return lives
    },
    ask: (what) => {
      const before = told.filter((one) => one.what === what).length
      child.stdin.write(`${what}\n`)
      return say(what, before + 1)
    },
    kill: async () => {
      lives = false
      child.kill('SIGKILL')
      await end
    },
    stop: async () => {
      lives = false
      child.kill('SIGTERM')
      const [code] = (await end) as [number | null]
      if (code !== 0) throw new Error(`A process ended with ${code} when it was stopped.`)
      return await say('stopped')
    },
  }
}

/**
 * A store where nothing is kept, and no process yet.
 *
 * @param lasts how long the schedule fires, ms; absent: as long as processes do
 */
export async function makeCluster(name: StoreName, lasts = Infinity): Promise<Cluster> {
  const { at, remove } = await stores[name].make()
  const folder = mkdtempSync(join(tmpdir(), 'pipe-scheduler-'))
  const file = join(folder, 'lines')
  const shared: Shared = { store: name, at, file, ...(lasts !== Infinity && { until: Date.now() + lasts }) }
  const { store, close } = await stores[name].open(at)
  const { pipe, scheduler } = polling(store, shared, (error) => console.error(error))
  const processes: Process[] = []
  const start = async () => {
    const one = startProcess(shared)
    processes.push(one)
    await eventually(() => one.told.find(({ what }) => what === 'ready'), 'a process to start')
    return one
  }
  const led = (since = 0) =>
    eventually(() => {
      const leads = processes
        .filter(({ lives }) => lives)
        .flatMap((leader) => leader.told.filter(({ what }) => what === 'lead').map(({ at }) => ({ at, leader })))
      return leads.filter((one) => one.at > since).sort((a, b) => b.at - a.at)[0]
    }, 'a process to lead')
  const runs = async () => {
    const { items } = await runsIn(store).list({ pipeline: 'poll', limit: 1_000 })
    return items.toSorted((a, b) => (a.id < b.id ? -1 : 1))
  }
  return {
    store,
    at,
    until: shared.until,
    processes,
    start,
    led,
    runs,
    info: async () => (await scheduler.get('poll'))!,
    lines: () =>
      readFileSync(file, 'utf8')
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => {
          const [run = '', token = '', late] = line.split(' ')
          return { run, token, lateMs: Number(late) }
        }),
    [Symbol.asyncDispose]: async () => {
      await Promise.all(processes.filter(({ lives }) => lives).map((one) => one.kill()))
      await pipe.close()
      await close()
      await remove()
      rmSync(folder, { recursive: true })
    },
  }
}
