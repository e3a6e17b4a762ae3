import type { AttemptMiddleware, FailurePolicy, Plugin, StepMiddleware } from '@pipe/core'
import { asksForIt } from './option.ts'

const sound: Plugin = {
  name: 'broken',
  stepOptions: ['broken'],
  policy: (step) => {
    asksForIt(step)
    return undefined
  },
}

/** A sound plugin, but for what `parts` replace. */
export function plugin(parts: Partial<Plugin>): Plugin {
  return { ...sound, ...parts }
}

/** A plugin that wraps the attempts of steps with the option. */
export function onAttempts(middleware: AttemptMiddleware, parts: Partial<Plugin> = {}): Plugin {
  return plugin({ attempt: (step) => (asksForIt(step) ? middleware : undefined), ...parts })
}

/** A plugin that wraps steps with the option. */
export function onSteps(middleware: StepMiddleware, parts: Partial<Plugin> = {}): Plugin {
  return plugin({ step: (step) => (asksForIt(step) ? middleware : undefined), ...parts })
}

/** A plugin that decides about failures of steps with the option. */
export function onFailures(policy: FailurePolicy): Plugin {
  return plugin({ policy: (step) => (asksForIt(step) ? policy : undefined) })
}
