import type { Plugin } from '@pipe/core'
import type { PluginCheckOptions } from './plugin-check.ts'
import { pluginChecks } from './plugin-checks.ts'
import { runnerOf, type TestRunner } from './test-runner.ts'

/** What {@link describePlugin} needs: a test runner, and what the suite has to know of the plugin. */
export interface DescribePluginOptions extends TestRunner, PluginCheckOptions {}

/**
 * Registers the conformance suite of plugins with a test runner: one test for each rule that is one for this plugin.
 *
 * ```ts
 * import { describe, test } from 'node:test'
 *
 * describePlugin('retry', () => retry(), { describe, test, options: { retry: { maxAttempts: 3 } } })
 * ```
 * @param name the name of the plugin
 * @param make makes the plugin, a new one each time
 * @throws PipelineError `OPTION_INVALID` without a test runner, and for options that there are not
 */
export function describePlugin(name: string, make: () => Plugin, options: DescribePluginOptions): void {
  const { describe, test } = runnerOf(options, 'describePlugin')
  const { describe: _describe, test: _test, ...about } = options
  const checks = pluginChecks(name, make, about)
  describe(`plugin "${name}"`, () => {
    for (const check of checks) test(check.name, () => check.run())
  })
}
