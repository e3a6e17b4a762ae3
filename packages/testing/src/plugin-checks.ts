import { checkOptions, type OptionRules, type Plugin } from '@pipe/core'
import { holdTo } from './checks/rule.ts'
import { rules } from './checks/rules.ts'
import type { PluginCheck, PluginCheckOptions } from './plugin-check.ts'

const isObject = (value: unknown) => typeof value === 'object' && value !== null

const known: OptionRules<PluginCheckOptions> = {
  options: ['step options, an object', isObject],
  refuses: [
    'an array of { options, says }',
    (value) => Array.isArray(value) && value.every((one) => isObject(one) && 'options' in one && 'says' in one),
  ],
  everyStep: ['true or false', (value) => typeof value === 'boolean'],
  services: ['a function that makes services', (value) => typeof value === 'function'],
}

/**
 * The rules of the contract that are rules for this plugin, in the order of the suite; for those who want them in
 * another way than {@link describePlugin} registers them.
 *
 * ```ts
 * for (const { name, run } of pluginChecks('retry', () => retry())) Deno.test(name, run)
 * ```
 * @param name the name of the plugin
 * @param make makes the plugin, a new one each time; also called at once
 * @throws PipelineError `OPTION_INVALID`, and what `make` throws
 */
export function pluginChecks(
  name: string,
  make: () => Plugin,
  options: PluginCheckOptions = {},
): readonly PluginCheck[] {
  const given = checkOptions(options, known, { owner: `the checks of plugin "${name}"` })
  const subject = { options: {}, refuses: [], everyStep: false, services: () => ({}), ...given, name, make }
  const plugin = make()
  return rules
    .filter(({ appliesTo }) => appliesTo?.(plugin, subject) !== false)
    .map((rule) => ({ name: rule.name, run: () => holdTo(rule, subject) }))
}
