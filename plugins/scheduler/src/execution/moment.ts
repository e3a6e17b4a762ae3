import type { ErrorData } from '@pipe/core'
import { ABSENT, type BoardChanges } from './board.ts'
import type { ExecutionSnapshot, StepSnapshot, StepState } from './snapshot.ts'
import type { ExecutionMode, TickStatus } from './status.ts'

/** What is kept of a tick: what it changed. */
export interface TickRecord {
  readonly tick: number
  readonly pass: number
  readonly status: TickStatus
  readonly mode: ExecutionMode
  readonly isRunning: boolean
  readonly startedAt: number
  readonly durationMs: number
  readonly error: ErrorData | undefined
  readonly board: BoardChanges | null
  readonly steps: ReadonlyMap<string, StepSnapshot> | null
  /** Whether it began a pass: all steps were pending before it. */
  readonly begins: boolean
}

const PENDING: StepSnapshot = Object.freeze({ status: 'pending' })

/** The blackboard and the steps after some tick, on the way from tick to tick. */
export class Moment {
  readonly board: Map<string, unknown>
  readonly steps: Map<string, StepSnapshot>
  /** What the tick came to; {@link ABSENT} before the first one. */
  status: TickStatus | typeof ABSENT

  constructor(
    board: Iterable<readonly [string, unknown]>,
    steps: Iterable<readonly [string, StepSnapshot]>,
    status: TickStatus | typeof ABSENT = ABSENT,
  ) {
    this.board = new Map(board)
    this.steps = new Map(steps)
    this.status = status
  }

  /** Goes on by one tick. */
  apply({ status, board, steps, begins }: TickRecord): void {
    this.status = status
    if (begins) this.steps.clear()
    if (steps !== null) for (const [path, step] of steps) this.steps.set(path, step)
    if (board === null) return
    for (const [key, value] of board) {
      if (value === ABSENT) this.board.delete(key)
      else this.board.set(key, value)
    }
  }

  statusOf(path: string): StepState {
    return (this.steps.get(path) ?? PENDING).status
  }

  /** The value of a key, or {@link ABSENT}. */
  valueOf(key: string): unknown {
    return this.board.has(key) ? this.board.get(key) : ABSENT
  }

  /** The blackboard as a frozen object. */
  blackboard(): ExecutionSnapshot['blackboard'] {
    return Object.freeze(Object.fromEntries(this.board))
  }

  /** The steps as a frozen object; those of `paths` that came to nothing yet are pending. */
  stepsWith(paths: readonly string[]): ExecutionSnapshot['steps'] {
    const steps = new Map(paths.map((path) => [path, PENDING]))
    for (const [path, step] of this.steps) steps.set(path, step)
    return Object.freeze(Object.fromEntries(steps))
  }
}
