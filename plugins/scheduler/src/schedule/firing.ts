import type { ErrorData } from '@pipe/core'

/** One time that a schedule fires. */
export interface Firing {
  /** Of the run: the name of the schedule and the slot, so a slot has one run, whoever starts it. */
  readonly id: string
  /** When it was to be, epoch ms: the time to reckon with, however late the run begins. */
  readonly slot: number
  /** Whether somebody asked for it, and not the timing. */
  readonly manual: boolean
}

/** What became of a firing. */
export interface FinishedRun extends Firing {
  readonly status: 'succeeded' | 'failed' | 'cancelled'
  /** Once it has succeeded. */
  readonly output?: unknown
  /** Otherwise. */
  readonly error?: ErrorData
  /** Epoch ms. */
  readonly endedAt: number
}

/** The schedule of a run, by the id of that; `undefined` for other runs. */
export const scheduleOf = (runId: string): string | undefined => /^([^@]+)@/.exec(runId)?.[1]

/** A run that somebody asks for now; `token` tells it from others. */
export const triggeredFiring = (name: string, now: number, token: string): Firing => ({
  id: `${name}@${new Date(now).toISOString()}:${token}`,
  slot: now,
  manual: true,
})

/** The run of a slot. */
export const firingOf = (name: string, slot: number): Firing => ({
  id: `${name}@${new Date(slot).toISOString()}`,
  slot,
  manual: false,
})
