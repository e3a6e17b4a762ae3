import { randomUUID } from 'node:crypto'
import { rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { isPipelineError } from '@pipe/core'
import { type Entry, runsIn, type Runs, type StateStore, type StoredRun } from '@pipe/state'
import { type BackendName, backends, openPlace, type Place, setClockOf } from './backends.ts'
import type { Job } from './job.ts'
import { Ledger } from './ledger.ts'
import { MachineClock } from './machine-clock.ts'
import { outcomeOf } from './outcome.ts'
import { PATIENCE } from './patience.ts'
import { startWorker, type Worker } from './processes.ts'
import { entriesOf } from './reading.ts'
import { count } from './tally.ts'

/** What can be read of a run. */
interface Readable {
  readonly run: StoredRun | undefined
  readonly entries: readonly Entry[]
}

/** A store of its own, a ledger, and workers that use both. What happened in it is counted when it is left. */
export interface Lab extends AsyncDisposable {
  /** Where the store is: path of a file, URL of a server. */
  readonly at: string
  readonly ledger: Ledger
  /** The same store, from this process. */
  readonly store: StateStore
  readonly runs: Runs
  /**
   * Starts a worker. It is killed with the lab at the latest.
   *
   * @param at another way to the same place
   */
  worker(job: Omit<Job, 'place' | 'ledger' | 'clock'>, at?: string): Worker
  /** Sets the clocks of the workers by so many ms, and that of the store with them unless `alone`, when it has one. */
  setClocks(ms: number, alone?: 'alone'): Promise<void>
  /** All that can be read of a run now. */
  readable(id: string): Promise<Readable>
  /** The run, when it is `so`. */
  until(id: string, so: (run: StoredRun) => boolean): Promise<StoredRun>
  /** Says that a run does not come to its end here, and should not: else it counts as lost. */
  leaveOpen(id: string): void
  /** When a worker has come to the point of its fault. */
  reached(point: string): Promise<void>
  /** When the ledger has such an effect of a run. */
  seen(run: string, step: string, phase: 'begin' | 'done'): Promise<void>
}

/** @param at where, when that is not for the backend to say */
export async function openLab(backend: BackendName, at?: string): Promise<Lab> {
  const made = at === undefined ? await backends[backend].make() : undefined
  const place: Place = { backend, at: at ?? made?.at ?? '' }
  const ledger = new Ledger(join(tmpdir(), `pipe-faults-${randomUUID()}.ledger`))
  const clock = new MachineClock(join(tmpdir(), `pipe-faults-${randomUUID()}.clock`))
  const opened = await openPlace(place)
  const { store } = opened
  const workers: Worker[] = []
  const open = new Set<string>()
  let [kills, isLeft] = [0, false]

  const eventually = async <T>(what: () => string, look: () => Promise<T | undefined> | T | undefined): Promise<T> => {
    const end = performance.now() + PATIENCE
    for (;;) {
      const found = await look()
      if (found !== undefined) return found
      if (performance.now() > end) throw new Error(`Waited ${PATIENCE} ms for ${what()}.`)
      await sleep(20)
    }
  }

  return {
    at: place.at,
    ledger,
    store,
    runs: runsIn(store),
    worker: (job, at = place.at) => {
      const worker = startWorker({ ...job, place: { backend, at }, ledger: ledger.file, clock: clock.file }, (how) => {
        if (how === 'SIGKILL' && !isLeft) kills++
      })
      workers.push(worker)
      return worker
    },
    setClocks: async (ms, alone) => {
      clock.set(ms)
      if (alone === undefined) await setClockOf(place, ms)
    },
    readable: async (id) => ({ run: await store.get(id), entries: await entriesOf(store, id) }),
    until: (id, so) => {
      let last: StoredRun | undefined
      return eventually(
        () => `run ${id}, which is ${JSON.stringify(last)}`,
        async () => {
          last = await store.get(id).catch((error: unknown) => {
            if (!isPipelineError(error, 'STORE_UNAVAILABLE')) throw error
            return undefined // a server that has just come back
          })
          return last !== undefined && so(last) ? last : undefined
        },
      )
    },
    leaveOpen: (id) => void open.add(id),
    reached: (point) =>
      eventually(
        () => `a worker to come to "${point}"`,
        () => (ledger.read().some((line) => line.kind === 'reached' && line.point === point) ? null : undefined),
      ).then(() => undefined),
    seen: (run, step, phase) =>
      eventually(
        () => `"${phase}" of ${step} of ${run}`,
        () => (ledger.effects(run).some((effect) => effect.step === step && effect.phase === phase) ? null : undefined),
      ).then(() => undefined),
    [Symbol.asyncDispose]: async () => {
      isLeft = true
      for (const worker of workers) worker.signal('SIGKILL')
      await Promise.all(workers.map((worker) => worker.ended()))
      const { runs, lost, doubles } = await outcomeOf(store, ledger.read(), open)
      for (const problem of [...lost, ...doubles]) console.error(problem)
      count({ backend, kills, runs, lost: lost.length, doubleCommits: doubles.length })
      await opened[Symbol.asyncDispose]()
      await made?.[Symbol.asyncDispose]()
      for (const { file } of [ledger, clock]) rmSync(file, { force: true })
    },
  }
}
