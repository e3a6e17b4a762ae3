import type { Work } from '../program.ts'

/*
 * The semantics of design/kernel.md as a small synchronous interpreter. User code is not called: what would be running
 * is in `running`, what may start is in `ready`, and the test says what settles and what was started.
 */

export type Status = 'succeeded' | 'skipped' | 'failed' | 'cancelled'

export interface Settings {
  readonly failure: 'fail-fast' | 'continue'
  readonly concurrency: number
}

/** What the result should say of a step. */
export interface Expected {
  readonly status: Status
  readonly attempts: number
  readonly output?: unknown
  readonly reason?: string
  stillRunning?: true
  undo?: 'done' | 'threw'
}

/** User code that is running: a function, an undo, a source of items. */
interface Running {
  readonly job: Startable | null
  readonly heeds: boolean
  /** Whether its signal was aborted although nothing stopped. */
  readonly aborted: boolean
  /** It returns or throws. */
  readonly settle: () => void
}

/** A completed function that can be undone. */
export interface Undo {
  readonly order: number
  readonly path: string
  readonly how: Work['undo']
}

/** A step or an item of a map that may start. */
export interface Startable {
  readonly path: string
  /** Indexes of the steps around it, outermost first, and its own. */
  readonly rank: readonly number[]
  readonly spec: { readonly when: boolean | null; readonly work: Work | null }
  readonly attempt: number
  readonly scope: { readonly stopped: boolean }
  readonly enter: () => void
  readonly end: (status: Status) => void
  /** Its attempt is given up, whether its function returns or not. */
  readonly abort: () => void
}

/** A graph or a map that is being run. */
export interface Stoppable {
  readonly isInside: (other: Stoppable) => boolean
  readonly stop: () => void
}

/** Where a run is. */
export class State {
  readonly results = new Map<string, Expected>()
  /** What may start: it waits for a slot, or for the end of a pause. */
  readonly ready = new Map<string, Startable>()
  readonly running = new Map<string, Running>()
  readonly timers: { readonly at: number; readonly job: Startable }[] = []
  /** What is to be tried again when the function that was given up has returned. */
  readonly waiting = new Set<Startable>()
  readonly scopes = new Set<Stoppable>()
  readonly calls = new Map<string, number>()
  readonly settings: Settings
  now = 0
  paused = false
  completions = 0

  constructor(settings: Settings) {
    this.settings = settings
  }

  /** A job may start. Those that call no function need no slot: they do it at once, unless the run is paused. */
  offer(job: Startable): void {
    this.ready.set(job.path, job)
    if (!this.paused && isFree(job)) job.enter()
  }

  pause(): void {
    this.paused = true
  }

  resume(): void {
    this.paused = false
    this.enterFree()
  }

  enterFree(): void {
    for (const job of [...this.ready.values()].filter(isFree)) if (this.ready.has(job.path)) job.enter()
  }

  /** The clock goes on to the next timer. */
  fire(): void {
    this.now = Math.max(this.now, Math.min(...this.timers.map(({ at }) => at)))
    for (const timer of this.timers.filter(({ at }) => at <= this.now).sort((a, b) => a.at - b.at)) {
      this.timers.splice(this.timers.indexOf(timer), 1)
      this.offer(timer.job)
    }
  }

  run(name: string, job: Startable | null, heeds: boolean, settle: () => void, aborted = false): void {
    const settleOnce = () => {
      this.running.delete(name)
      settle()
    }
    this.running.set(name, { job, heeds, aborted, settle: settleOnce })
  }

  /** The last completed first, one after another; an undo that throws is recorded, and the others follow. */
  undoAll(list: readonly Undo[], then: () => void): void {
    const [last, ...others] = list.toSorted((a, b) => b.order - a.order)
    if (last === undefined) return then()
    this.run(`undo ${last.path}`, null, false, () => {
      const result = this.results.get(last.path)
      if (result !== undefined) result.undo = last.how === 'throws' ? 'threw' : 'done'
      this.undoAll(others, then)
    })
  }

  /** Whether a step was skipped because one before it failed. */
  isLost(path: string): boolean {
    return this.results.get(path)?.reason === 'upstream-failed'
  }

  /** What an earlier attempt did inside is not part of the result. */
  forget(path: string): void {
    for (const key of [...this.results.keys()]) {
      if (key.startsWith(`${path}/`) || key.startsWith(`${path}[`)) this.results.delete(key)
    }
  }
}

/** Whether it starts without calling a function, at first: a step that only runs others, or whose condition is false. */
export function isFree({ spec, attempt }: Startable): boolean {
  return spec.work === null || (spec.when === false && attempt === 1)
}

/** Whether the first of two ranks was declared first. */
export function isBefore(a: readonly number[], b: readonly number[]): boolean {
  for (let i = 0; i < a.length && i < b.length; i++) if (a[i] !== b[i]) return a[i]! < b[i]!
  return a.length < b.length
}
