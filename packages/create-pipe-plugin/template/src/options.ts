import { checkOptions, type Duration, type OptionRules, optionSite, type StepInfo, toMs } from '@pipe/core'

declare module '@pipe/core' {
  interface StepOptions {
    /** When an attempt of this step is slow. What it leaves out is taken from the defaults of the plugin. */
    readonly slowStep?: SlowStepOptions
  }
}

/** When an attempt is slow. */
export interface SlowStepOptions {
  /** The time after which it is, above 0, at most 24 days. Default `'10s'`. */
  readonly after?: Duration
}

/** Complete options, in milliseconds. */
export interface Settings {
  readonly after: number
}

/** What each option may hold: in words that follow "must be", and as a test. */
const rules: OptionRules<SlowStepOptions> = {
  after: ["above 0, at most '24d'", (value) => isDuration(value, toMs('24d'))], // no timer ticks longer
}

/**
 * The defaults, checked and complete.
 *
 * @throws PipelineError `OPTION_INVALID`
 */
export function checkDefaults(defaults: SlowStepOptions): Settings {
  const { after = '10s' } = checkOptions(defaults, rules, { owner: 'slowStep()', plugin: 'slow-step' })
  return { after: toMs(after) }
}

/**
 * What holds for `step`; `undefined` when it does not ask.
 *
 * @throws PipelineError `OPTION_INVALID`
 */
export function settingsOf(step: StepInfo, defaults: Settings): Settings | undefined {
  const { slowStep } = step.options
  if (slowStep === undefined || step.kind === 'map') return undefined // the option of a map is meant for its items
  const { after = defaults.after } = checkOptions(
    slowStep,
    rules,
    optionSite(step, 'slow-step', 'slowStep', 'an object'),
  )
  return { after: toMs(after) }
}

function isDuration(value: unknown, longest: number): boolean {
  try {
    const ms = toMs(value as Duration)
    return ms > 0 && ms <= longest
  } catch {
    return false
  }
}
