import { messageOf, type StepEnd, type StepRetry } from '@pipe/core'
import type { StepListeners } from './pass.ts'
import type { StepSnapshot } from './snapshot.ts'
import type { Tally } from './statistics.ts'

/**
 * Hears what becomes of the steps, counts it, and keeps it until the tick has ended. Leaves out the steps inside items of
 * maps and iterations of loops: there may be ever more of them.
 */
export class StepLog implements StepListeners {
  /** Number of the tick that goes on. */
  #tick = 0
  readonly #tally: Tally
  readonly #keeps: boolean
  #changes = new Map<string, StepSnapshot>()

  /** @param keeps whether somebody will take the changes */
  constructor(tally: Tally, keeps: boolean) {
    this.#tally = tally
    this.#keeps = keeps
  }

  /** A tick begins; with a pass of its own, what is left of the one before is forgotten. */
  begin(tick: number, pass: boolean): void {
    this.#tick = tick
    if (pass) this.takeChanges()
  }

  readonly ended = (event: StepEnd): void => {
    if (isInside(event.stepId)) return
    this.#tally.stepEnded(event)
    if (this.#keeps) this.#changes.set(event.stepId, snapshotOf(event, this.#tick))
  }

  readonly retried = ({ stepId, error }: StepRetry): void => {
    if (!this.#keeps || isInside(stepId)) return
    this.#changes.set(stepId, { status: 'retrying', tick: this.#tick, message: messageOf(error) })
  }

  /** What became of steps since the last time; `null` when nothing did. */
  takeChanges(): ReadonlyMap<string, StepSnapshot> | null {
    if (this.#changes.size === 0) return null
    const changes = this.#changes
    this.#changes = new Map()
    return changes
  }
}

const isInside = (stepId: string) => stepId.includes('[')

function snapshotOf({ status, error, reason }: StepEnd, tick: number): StepSnapshot {
  if (error !== undefined) return { status, tick, message: messageOf(error) }
  return reason === undefined ? { status, tick } : { status, tick, message: reason }
}
