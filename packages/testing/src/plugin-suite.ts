import type { Plugin } from '@pipe/core'
import { describe, test } from 'vitest'
import type { PluginSubject, PluginSubjectOptions } from './plugin-check.ts'
import { pluginChecks } from './plugin-checks.ts'

/**
 * Registers the conformance suite of plugins: one vitest test for each rule of the contract.
 *
 * ```ts
 * describePlugin('retry', () => retry(), { options: { retry: { maxAttempts: 3 } } })
 * ```
 * @param name the name of the plugin
 * @param make makes the plugin, a new one each time
 */
export function describePlugin(name: string, make: () => Plugin, options: PluginSubjectOptions = {}): void {
  const subject = pluginSubject(name, make, options)
  describe(`plugin "${name}"`, () => {
    for (const check of pluginChecks) {
      test.skipIf(check.appliesTo?.(subject) === false)(check.name, async () => check.run(subject))
    }
  })
}

/** A plugin as {@link pluginChecks} take it, for those who run them without vitest's `describe`. */
export function pluginSubject(name: string, make: () => Plugin, options: PluginSubjectOptions = {}): PluginSubject {
  return { options: {}, refuses: [], everyStep: false, services: () => ({}), ...options, name, make }
}
