import type { Awaitable } from '@pipe/core'
import { runnerOf, type TestRunner } from '../test-runner.ts'
import type { StoreBackend, StoreCheckOptions } from './store-check.ts'
import { storeChecks } from './store-checks.ts'

/** What {@link describeStore} needs: a test runner, and what the suite has to know of the store. */
export interface DescribeStoreOptions extends TestRunner, StoreCheckOptions {}

/**
 * Registers the conformance suite of stores with a test runner: one test for each rule of `StateStore`.
 *
 * ```ts
 * import { describe, test } from 'node:test'
 *
 * describeStore('memory', () => ({ client: () => memoryStore() }), { describe, test })
 * ```
 * @param name how messages call the store
 * @param make makes a backend with nothing in it, a new one for each test
 * @throws PipelineError `OPTION_INVALID` without a test runner, and for options that there are not
 */
export function describeStore(name: string, make: () => Awaitable<StoreBackend>, options: DescribeStoreOptions): void {
  const { describe, test } = runnerOf(options, 'describeStore')
  const { describe: _describe, test: _test, ...about } = options
  const checks = storeChecks(name, make, about)
  describe(`store "${name}"`, () => {
    for (const check of checks) test(check.name, () => check.run())
  })
}
