import { abortCodeOf, definePlugin, type FailurePolicy, type Plugin, toMs } from '@pipe/core'
import { asked } from './asked.ts'
import { delayAfter } from './backoff.ts'
import { Budget } from './budget.ts'
import { checkDefaults, type RetryDefaults, type Settings, settingsOf } from './options.ts'

/**
 * Makes the plugin that owns the step option `retry`: another attempt after a failed one, after a while. Items of a map
 * are retried one by one. The engine does the waiting, so an abort ends it at once.
 *
 * @param defaults what steps leave out is taken from here; with `maxAttempts`, functions without the option are retried
 * too
 * @throws PipelineError `OPTION_INVALID`; for the options of a step, the run rejects with it before anything starts
 */
export function retry(defaults: RetryDefaults = {}): Plugin {
  const common = checkDefaults(defaults)
  const { budget } = common
  const bucket = budget === undefined ? undefined : new Budget(budget.retries, toMs(budget.per))
  return definePlugin({
    name: 'retry',
    stepOptions: ['retry'],
    policy: (step) => {
      const settings = settingsOf(step, common)
      return settings === undefined || settings.maxAttempts === 1 ? undefined : policyOf(settings, bucket)
    },
  })
}

function policyOf(settings: Settings, bucket: Budget | undefined): FailurePolicy {
  const { maxAttempts, maxElapsed, retryIf, retryAfter, overlap } = settings
  return (failure) => {
    const { error, attempt, elapsedMs, ctx } = failure
    if (attempt >= maxAttempts || isCancellation(error)) return undefined
    if (!asked('retryIf', failure, isBoolean, () => retryIf(error, attempt))) return undefined
    const now = ctx.now()
    const wish = asked('retryAfter', failure, isWait, () => retryAfter(error, now)) ?? 0
    const delay = Math.ceil(Math.max(wish, delayAfter(attempt, settings, ctx.random)))
    if (elapsedMs + delay > maxElapsed) return undefined
    if (bucket !== undefined && !bucket.take(now)) return undefined
    return { retryAt: now + delay, overlap }
  }
}

/** Whether somebody wants the work to end. A time-out only wants the attempt to. */
function isCancellation(error: unknown): boolean {
  const code = abortCodeOf(error)
  return code !== undefined && code !== 'TIMEOUT'
}

const isBoolean = (value: unknown) => typeof value === 'boolean'
const isWait = (value: unknown) => value === undefined || (Number.isFinite(value) && Number(value) >= 0)
