import { aFunction, functions, type OptionRules, problemIn, shown } from '../options.ts'
import { isNoEvent } from '../hooks.ts'
import { runOptionNames, type RunOptionRules, runOptionRules } from '../run-options-check.ts'
import type { Plugin } from '../plugin.ts'
import { invalidPlugin } from './invalid-plugin.ts'

const rules: OptionRules<Omit<Plugin, 'name'>> = {
  stepOptions: [
    'an array of names',
    (value) => Array.isArray(value) && value.every((option) => typeof option === 'string'),
  ],
  runOptions: [
    'an object of rules, each [expected, holds]',
    (value) =>
      typeof value === 'object' &&
      value !== null &&
      Object.values(value).every((rule) => Array.isArray(rule) && typeof rule[1] === 'function'),
  ],
  setup: aFunction,
  close: aFunction,
  run: aFunction,
  step: aFunction,
  attempt: aFunction,
  policy: aFunction,
  undo: aFunction,
  dryRun: aFunction,
  context: functions,
  hooks: functions,
}

/** What the plugins of a pipe make of the options that steps and runs may have. */
export interface PluginOptions {
  /** The step options that they own. */
  readonly ofSteps: ReadonlySet<string>
  /** The rules for the options of runs, those of core included. */
  readonly ofRuns: RunOptionRules
}

export const NO_PLUGIN_OPTIONS: PluginOptions = { ofSteps: new Set(), ofRuns: runOptionRules() }

/**
 * Looks whether plugins keep to what every plugin is, and do not get in each other's way.
 *
 * @returns what they make of options
 * @throws PipelineError `PLUGIN_INVALID`
 */
export function checkPlugins(plugins: readonly Plugin[]): PluginOptions {
  const names = new Set<string>()
  const ofSteps = new Map<string, string>()
  const ofRuns = new Map(runOptionNames.map((option) => [option, 'the kernel']))
  for (const [i, plugin] of plugins.entries()) {
    const name = nameOf(plugin, i)
    if (names.has(name)) throw invalidPlugin('two plugins have this name', name)
    names.add(name)
    const [value, expected, field] = problemIn(plugin, rules, true) ?? []
    if (field !== undefined) throw invalidPlugin(`\`${field}\` must be ${expected}; got ${shown(value)}`, name)
    for (const event of Object.keys(plugin.hooks ?? {}))
      if (isNoEvent(event)) throw invalidPlugin(`there is no event \`${event}\``, name)
    own(ofSteps, 'step', plugin.stepOptions ?? [], name)
    own(ofRuns, 'run', Object.keys(plugin.runOptions ?? {}), name)
  }
  return {
    ofSteps: new Set(ofSteps.keys()),
    ofRuns: runOptionRules(Object.fromEntries(plugins.flatMap(({ runOptions = {} }) => Object.entries(runOptions)))),
  }
}

/** An option has one owner. */
function own(owners: Map<string, string>, of: string, options: readonly string[], plugin: string): void {
  for (const option of options) {
    const owner = owners.get(option)
    if (owner !== undefined) {
      throw invalidPlugin(`the ${of} option \`${option}\` is owned by ${owner} already`, plugin)
    }
    owners.set(option, `plugin "${plugin}"`)
  }
}

function nameOf(plugin: unknown, index: number): string {
  const at = `plugins[${index}]`
  if (typeof plugin === 'function') throw invalidPlugin('it is a function: call it, and pass what it returns', at)
  if (typeof plugin !== 'object' || plugin === null)
    throw invalidPlugin(`it is not an object; got ${shown(plugin)}`, at)
  const { name } = plugin as Partial<Plugin>
  if (typeof name !== 'string' || name === '') throw invalidPlugin('it has no `name`, a non-empty string', at)
  return name
}
