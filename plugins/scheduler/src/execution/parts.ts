import type { Clock } from '@pipe/core'
import type { Announcer } from '../announcer.ts'
import type { Blackboard } from './blackboard.ts'
import type { ExecutionEventName } from './events.ts'
import type { ExecutionHistory } from './history.ts'
import type { Tally } from './statistics.ts'
import type { Ticker } from './ticker.ts'

/** What an execution is put together from. */
export interface ExecutionParts<B, O> {
  readonly id: string
  readonly pipeline: string
  readonly clock: Clock
  readonly blackboard: Blackboard<B>
  readonly announcer: Announcer<ExecutionEventName>
  readonly tally: Tally
  readonly history: ExecutionHistory<B>
  /** Empties the history. */
  readonly forget: () => void
  readonly ticker: Ticker<O>
}
