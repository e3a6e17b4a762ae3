import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { definePlugin } from '@pipe/core'
import { memoryStore } from '@pipe/state'
import { expect, test, vi } from 'vitest'
import manifest from '../package.json' with { type: 'json' }
import {
  describePlugin,
  type DescribePluginOptions,
  describeStore,
  type DescribeStoreOptions,
  pluginChecks,
} from '../src/index.ts'

const make = () => definePlugin({ name: 'quiet' })

/** Runs a file of `test/runners`, where importing vitest is an error, and answers with what node:test reports. */
function withNodeTest(file: string): Promise<string> {
  const flags = ['--conditions=@pipe/source', '--import', './no-vitest.ts', '--test-reporter=tap', file]
  return new Promise((resolve) => {
    execFile(process.execPath, flags, { cwd: join(import.meta.dirname, 'runners') }, (_, stdout, stderr) => {
      resolve(stdout + stderr)
    })
  })
}

test('the suites run under node:test, without vitest', async () => {
  const report = await withNodeTest('node-test.ts')
  for (const [i, { name }] of pluginChecks('quiet', make).entries()) expect(report).toContain(`ok ${i + 1} - ${name}`)
  expect(report).toMatch(/^ok 1 - plugin "sound"$/m)
  expect(report).toMatch(/^not ok 2 - plugin "unsound"$/m)
  expect(report).toContain('Plugin "unsound" breaks a rule: a plugin may be closed again')
  expect(report).toMatch(/^ok 3 - store "memory"$/m)
})

test('they need no test runner to be installed', () => {
  expect(Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies })).not.toContain('vitest')
})

test.each([
  [undefined, '`describe` of describePlugin() must be that of your test runner'],
  [{ describe: vi.fn() }, '`test` of describePlugin() must be that of your test runner'],
  [{ describe: vi.fn(), test: vi.fn(), option: {} }, '`option` of the checks of plugin "quiet" must be left out'],
  [{ describe: vi.fn(), test: vi.fn(), refuses: [{ retry: 0 }] }, '`refuses` of the checks of plugin "quiet" must be'],
])('%o is refused for a plugin', (options, says) => {
  expect(() => describePlugin('quiet', make, options as unknown as DescribePluginOptions)).toThrow(says)
})

test.each([
  [undefined, '`describe` of describeStore() must be that of your test runner'],
  [{ describe: vi.fn(), test: vi.fn(), every: {} }, '`every` of the checks of store "quiet" must be left out'],
  [
    { describe: vi.fn(), test: vi.fn(), histories: 0 },
    '`histories` of the checks of store "quiet" must be a whole number',
  ],
])('%o is refused for a store', (options, says) => {
  const make = () => ({ client: () => memoryStore() })
  expect(() => describeStore('quiet', make, options as unknown as DescribeStoreOptions)).toThrow(says)
})
