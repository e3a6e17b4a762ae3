import { abortCodeOf, type Failure } from '@pipe/core'
import { asked } from './asked.ts'
import { delayAfter } from './backoff.ts'
import type { Budget } from './budget.ts'
import type { Settings } from './options.ts'

/** The milliseconds until another attempt after `failure`, or `undefined` when there is to be none. `now` is epoch ms. */
export type Delay = (failure: Failure, now: number) => number | undefined

/** What `settings` and what is left of the budget say of failures. */
export function delayOf(settings: Settings, bucket: Budget | undefined): Delay {
  const { maxAttempts, maxElapsed, retryIf, retryAfter } = settings
  return (failure, now) => {
    const { error, attempt, elapsedMs, ctx } = failure
    if (attempt >= maxAttempts || isCancellation(error)) return undefined
    if (!asked('retryIf', failure, isBoolean, () => retryIf(error, attempt))) return undefined
    const wish = asked('retryAfter', failure, isWait, () => retryAfter(error, now)) ?? 0
    const delay = Math.ceil(Math.max(wish, delayAfter(attempt, settings, ctx.random)))
    if (elapsedMs + delay > maxElapsed) return undefined
    if (bucket !== undefined && !bucket.take(now)) return undefined
    return delay
  }
}

/** Whether somebody wants the work to end. A time-out only wants the attempt to. */
function isCancellation(error: unknown): boolean {
  const code = abortCodeOf(error)
  return code !== undefined && code !== 'TIMEOUT'
}

const isBoolean = (value: unknown) => typeof value === 'boolean'
const isWait = (value: unknown) => value === undefined || (Number.isFinite(value) && Number(value) >= 0)
