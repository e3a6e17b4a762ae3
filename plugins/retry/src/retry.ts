import { type Clock, definePlugin, type Plugin, type StepInfo, systemClock, toMs } from '@pipe/core'
import { Budget } from './budget.ts'
import { type Delay, delayOf } from './delay.ts'
import { checkDefaults, type RetryDefaults, type Settings, settingsOf } from './options.ts'
import { retryUndo } from './retry-undo.ts'

/**
 * Makes the plugin that owns the step option `retry`: another attempt after a failed one, after a while. Items of a map
 * are retried one by one. The engine does the waiting, so an abort ends it at once. The undo of what is retried is
 * retried too, in the same way.
 *
 * @param defaults what steps leave out is taken from here; with `maxAttempts`, functions without the option are retried
 * too
 * @throws PipelineError `OPTION_INVALID`; for the options of a step, the run rejects with it before anything starts
 */
export function retry(defaults: RetryDefaults = {}): Plugin {
  const common = checkDefaults(defaults)
  const { budget } = common
  const bucket = budget === undefined ? undefined : new Budget(budget.retries, toMs(budget.per))
  let clock: Clock = systemClock
  const answer = <T>(step: StepInfo, make: (delay: Delay, settings: Settings) => T): T | undefined => {
    const settings = settingsOf(step, common)
    return settings === undefined || settings.maxAttempts === 1 ? undefined : make(delayOf(settings, bucket), settings)
  }
  return definePlugin({
    name: 'retry',
    stepOptions: ['retry'],
    setup: (host) => void (clock = host.clock),
    policy: (step) =>
      answer(step, (delay, { overlap }) => (failure) => {
        const now = failure.ctx.now()
        const ms = delay(failure, now)
        return ms === undefined ? undefined : { retryAt: now + ms, overlap }
      }),
    undo: (step) => answer(step, (delay) => retryUndo(delay, () => clock)),
  })
}
