import { messageOf } from '@pipe/core'
import type { Failure, Session } from './session.ts'
import type { ExecutionStatus } from './status.ts'
import type { Ticker } from './ticker.ts'

/** Whose status it is. */
interface Subject {
  readonly id: string
  readonly pipeline: string
  readonly ticker: Pick<Ticker<unknown>, 'tickNumber' | 'passNumber' | 'status'>
}

/**
 * The status of an execution.
 *
 * @param session what was started; `null` while nothing was
 * @param failure what made a tick impossible; `null` unless the state is `error`. Default: what the session knows of
 */
export function statusOf(
  { id: executionId, pipeline, ticker }: Subject,
  session: Session | null,
  failure: Failure | null = session?.failure ?? null,
): ExecutionStatus {
  const start = session?.start
  return {
    executionId,
    pipeline,
    state: failure === null ? (session?.state ?? 'idle') : 'error',
    mode: start?.mode ?? 'manual',
    intervalMs: start?.mode === 'interval' ? start.intervalMs : null,
    maxTicks: start === undefined || start.maxTicks === Infinity ? null : start.maxTicks,
    ticksExecuted: session?.ticksExecuted ?? 0,
    skippedTicks: session?.skippedTicks ?? 0,
    tick: ticker.tickNumber,
    pass: ticker.passNumber,
    tickStatus: ticker.status,
    startedAt: session?.startedAt ?? null,
    stoppedAt: session?.stoppedAt ?? null,
    errorMessage: failure === null ? null : messageOf(failure.error),
  }
}
