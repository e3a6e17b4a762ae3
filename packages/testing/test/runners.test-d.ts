import * as node from 'node:test'
import { definePlugin } from '@pipe/core'
import { describe, expectTypeOf, test } from 'vitest'
import { describePlugin, type PluginCheck, pluginChecks, type TestRunner } from '../src/index.ts'

const make = () => definePlugin({ name: 'quiet' })

test('the runners that the workspace has are runners', () => {
  expectTypeOf<Pick<typeof node, 'describe' | 'test'>>().toExtend<TestRunner>()
  expectTypeOf({ describe: node.suite, test: node.it }).toExtend<TestRunner>()
  expectTypeOf({ describe, test }).toExtend<TestRunner>()
})

test('without a runner it does not compile', () => {
  // @ts-expect-error -- there is no `describe`
  describePlugin('quiet', make, { test })
  // @ts-expect-error -- an option that there is not
  pluginChecks('quiet', make, { everystep: true })
  expectTypeOf(pluginChecks('quiet', make)).toEqualTypeOf<readonly PluginCheck[]>()
})
