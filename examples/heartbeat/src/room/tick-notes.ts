import type { ExecutionHistory, TickStatus } from '@pipe/scheduler'
import type { Room } from './thermostat.ts'

/** What a tick has changed. */
export interface TickNote {
  readonly tick: number
  readonly status: TickStatus
  /** The steps that it settled: `walls`, `switch skipped`. */
  readonly steps: readonly string[]
  /** What it has changed on the blackboard: `inside 20.1 → 20`. */
  readonly changes: readonly string[]
}

/** The last ticks up to `last`, the last one first. */
export function tickNotes(history: ExecutionHistory<Room>, last: number, count: number): TickNote[] {
  return history
    .range(last - count + 1, last)
    .map(({ tick, status, steps }) => {
      const settled = Object.entries(steps).filter(([, step]) => step.tick === tick)
      const changes = Object.entries(history.changes(tick - 1, tick).blackboard)
      return {
        tick,
        status,
        steps: settled.map(([path, step]) => (step.status === 'succeeded' ? path : `${path} ${step.status}`)),
        changes: changes.map(([key, { from, to }]) => `${key} ${String(from)} → ${String(to)}`),
      }
    })
    .reverse()
}
