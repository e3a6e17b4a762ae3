import { aFunction, functions, type OptionRules, problemIn, shown } from '../options.ts'
import { isNoEvent } from '../hooks.ts'
import type { Plugin } from '../plugin.ts'
import { invalidPlugin } from './invalid-plugin.ts'

const rules: OptionRules<Omit<Plugin, 'name'>> = {
  stepOptions: [
    'an array of names',
    (value) => Array.isArray(value) && value.every((option) => typeof option === 'string'),
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

/**
 * Looks whether plugins keep to what every plugin is, and do not get in each other's way.
 *
 * @returns the step options that they own
 * @throws PipelineError `PLUGIN_INVALID`
 */
export function checkPlugins(plugins: readonly Plugin[]): ReadonlySet<string> {
  const names = new Set<string>()
  const owners = new Map<string, string>()
  for (const [i, plugin] of plugins.entries()) {
    const name = nameOf(plugin, i)
    if (names.has(name)) throw invalidPlugin('two plugins have this name', name)
    names.add(name)
    const [value, expected, field] = problemIn(plugin, rules, true) ?? []
    if (field !== undefined) throw invalidPlugin(`\`${field}\` must be ${expected}; got ${shown(value)}`, name)
    for (const event of Object.keys(plugin.hooks ?? {}))
      if (isNoEvent(event)) throw invalidPlugin(`there is no event \`${event}\``, name)
    for (const option of (plugin.stepOptions ?? []) as readonly string[]) {
      const owner = owners.get(option)
      if (owner !== undefined)
        throw invalidPlugin(`the step option \`${option}\` is owned by plugin "${owner}" already`, name)
      owners.set(option, name)
    }
  }
  return new Set(owners.keys())
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
