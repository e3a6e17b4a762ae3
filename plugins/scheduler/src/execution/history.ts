import { difference, differences } from './change.ts'
import { Moment, type TickRecord } from './moment.ts'
import type { ExecutionChanges, ExecutionSnapshot } from './snapshot.ts'

/** What the ticks of an execution left, for the last of them. Can be asked at any time, also while it runs. */
export interface ExecutionHistory<B = Record<string, unknown>> {
  /** How many ticks it keeps. */
  readonly length: number
  /** The execution after a tick; `undefined` when that is not kept. */
  at(tick: number): ExecutionSnapshot<B> | undefined
  /** After each tick that is kept. What is the same in several is the same object. */
  all(): ExecutionSnapshot<B>[]
  /** After each tick that is kept, from one to another, both included. */
  range(from: number, to: number): ExecutionSnapshot<B>[]
  /**
   * What differs after tick `to` from what was after tick `from`; either may also be the tick before the first that is kept,
   * or 0, before which there was none. Nothing when one of them is not kept.
   */
  changes(from: number, to: number): ExecutionChanges<B>
}

/** Whose history it is. */
interface Subject {
  readonly executionId: string
  readonly pipeline: string
  readonly version?: string
}

/**
 * A log of what each tick changed, over the state before the first that is kept. A tick costs what it changed, however much
 * else there is; the state after a tick is put together when somebody asks.
 */
export class History implements ExecutionHistory {
  readonly #limit: number
  readonly #subject: Subject
  readonly #paths: () => readonly string[]
  /** A ring: tick `t` is at `t % limit`. */
  #records: TickRecord[] = []
  /** The state before the first tick that is kept. */
  #base: Moment
  #first = 1
  #last = 0

  /**
   * @param limit most ticks
   * @param initial the blackboard before the first tick
   * @param paths of the steps that are pending when a pass begins
   */
  constructor(
    limit: number,
    subject: Subject,
    initial: Iterable<readonly [string, unknown]>,
    paths: () => readonly string[],
  ) {
    this.#limit = limit
    this.#subject = subject
    this.#base = new Moment(initial, [])
    this.#paths = paths
  }

  get length(): number {
    return this.#last - this.#first + 1
  }

  /** Keeps a tick: the next one after the last. */
  add(record: TickRecord): void {
    if (this.length === this.#limit) this.#base.apply(this.#record(this.#first++))
    this.#last = record.tick
    this.#records[record.tick % this.#limit] = record
  }

  /** Forgets all of it. */
  clear(): void {
    this.#first = this.#last + 1
    this.#records = []
    this.#base = new Moment([], [])
  }

  at(tick: number): ExecutionSnapshot | undefined {
    return this.range(tick, tick)[0]
  }

  all(): ExecutionSnapshot[] {
    return this.range(this.#first, this.#last)
  }

  range(from: number, to: number): ExecutionSnapshot[] {
    const snapshots: ExecutionSnapshot[] = []
    const last = Math.min(to, this.#last)
    if (!(from <= last)) return snapshots
    const moment = this.#moment(this.#first - 1)
    let board: ExecutionSnapshot['blackboard'] | null = null
    let steps: ExecutionSnapshot['steps'] | null = null
    for (let tick = this.#first; tick <= last; tick++) {
      const record = this.#record(tick)
      moment.apply(record)
      if (record.board !== null) board = null
      if (record.steps !== null || record.begins) steps = null
      if (tick < from) continue
      board ??= moment.blackboard()
      steps ??= moment.stepsWith(this.#paths())
      snapshots.push(this.#snapshot(record, steps, board))
    }
    return snapshots
  }

  changes(from: number, to: number): ExecutionChanges {
    if (!this.#keeps(from) || !this.#keeps(to)) return { steps: {}, blackboard: {} }
    const touched = this.#touched(Math.min(from, to), Math.max(from, to))
    const [before, after] = [this.#moment(from), this.#moment(to)]
    const status = difference(before.status, after.status)
    return {
      ...(status !== undefined && { status }),
      steps: differences(touched.paths, (path) => difference(before.statusOf(path), after.statusOf(path))),
      blackboard: differences(touched.keys, (key) => difference(before.valueOf(key), after.valueOf(key))),
    }
  }

  /** Whether the state after a tick is known. */
  #keeps(tick: number): boolean {
    return Number.isInteger(tick) && tick >= this.#first - 1 && tick <= this.#last
  }

  #record(tick: number): TickRecord {
    return this.#records[tick % this.#limit]!
  }

  /** What the ticks after `from`, up to `to`, may have changed. */
  #touched(from: number, to: number): { readonly keys: Set<string>; readonly paths: Set<string> } {
    const keys = new Set<string>()
    const paths = new Set<string>()
    let restarts = false
    for (let tick = from + 1; tick <= to; tick++) {
      const { board, steps, begins } = this.#record(tick)
      for (const key of board?.keys() ?? []) keys.add(key)
      for (const path of steps?.keys() ?? []) paths.add(path)
      restarts ||= begins
    }
    // What came to something in the pass of `from` is pending again in the next one.
    if (restarts) for (const path of this.#moment(from).steps.keys()) paths.add(path)
    return { keys, paths }
  }

  /** The state after a tick. */
  #moment(tick: number): Moment {
    const moment = new Moment(this.#base.board, this.#base.steps, this.#base.status)
    for (let one = this.#first; one <= tick; one++) moment.apply(this.#record(one))
    return moment
  }

  #snapshot(
    { tick, pass, status, mode, isRunning, startedAt, durationMs, error }: TickRecord,
    steps: ExecutionSnapshot['steps'],
    blackboard: ExecutionSnapshot['blackboard'],
  ): ExecutionSnapshot {
    const when = { tick, pass, status, mode, isRunning, startedAt, durationMs }
    return { ...this.#subject, ...when, ...(error !== undefined && { error }), steps, blackboard }
  }
}
