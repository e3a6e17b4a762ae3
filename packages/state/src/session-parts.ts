import type { Clock, RunContext } from '@pipe/core'
import type { Codec } from './codec.ts'
import type { Control } from './control.ts'
import type { History } from './history.ts'
import type { Lease } from './lease.ts'
import type { Recorder } from './recorder.ts'

/** What a session is made of. */
export interface SessionParts {
  readonly run: RunContext
  readonly lease: Lease
  readonly codec: Codec
  readonly clock: Clock
  /** What time it is for the store. */
  readonly storeNow: () => number
  readonly control: Control
  readonly recorder: Recorder
  /** What was recorded by executions before. */
  readonly history: History
  /** Told the path of each function that is executed. */
  readonly ran: ((path: string) => void) | undefined
}
