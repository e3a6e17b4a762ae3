import { PipelineError } from '@pipe/core'
import { describe, expect, test } from 'vitest'
import type { BrokenPlugin } from '../src/broken/broken-plugin.ts'
import { changers } from '../src/broken/changers.ts'
import { deciders } from '../src/broken/deciders.ts'
import { dryRuns } from '../src/broken/dry-runs.ts'
import { fields } from '../src/broken/fields.ts'
import { identities } from '../src/broken/identities.ts'
import { leaks } from '../src/broken/leaks.ts'
import { lifecycles } from '../src/broken/lifecycles.ts'
import { meddlers } from '../src/broken/meddlers.ts'
import { middleware } from '../src/broken/middleware.ts'
import { mixers } from '../src/broken/mixers.ts'
import { observers } from '../src/broken/observers.ts'
import { options } from '../src/broken/options.ts'
import { plugin } from '../src/broken/plugin.ts'
import { reporters } from '../src/broken/reporters.ts'
import { waiting } from '../src/broken/waiting.ts'
import { rules } from '../src/checks/rules.ts'
import { describePlugin, pluginChecks } from '../src/index.ts'

const broken: readonly BrokenPlugin[] = [
  identities,
  options,
  meddlers,
  changers,
  leaks,
  middleware,
  fields,
  deciders,
  observers,
  reporters,
  dryRuns,
  waiting,
  mixers,
  lifecycles,
].flat()

describe.each(broken)('a plugin that $does', ({ make, options, rule, says }) => {
  const checks = pluginChecks('broken', make, { options: { broken: true }, ...options })
  const at = checks.findIndex(({ name }) => name === rule.name)

  test('is rejected for that', async () => {
    const error: unknown = await checks[at]?.run().catch((error: unknown) => error)
    expect(error).toBeInstanceOf(PipelineError)
    const { code, plugin, message } = error as PipelineError
    expect({ code, plugin }).toEqual({ code: 'PLUGIN_INVALID', plugin: 'broken' })
    const [rejected, seen, remedy, ...more] = message.split('\n')
    expect(rejected).toBe(`Plugin "broken" breaks a rule: a plugin ${rule.name}.`)
    expect(seen).toMatch(says)
    expect(seen).toMatch(/^Seen: .*[^.]\.$/)
    expect(remedy).toMatch(/^What to do: \S.*\.$/)
    expect(more).toEqual([])
  })

  test('is not rejected for anything that is checked before', async () => {
    for (const check of checks.slice(0, at)) await check.run()
  })
})

test.each(rules)('there is a plugin of which it is not true that it $name', (rule) => {
  expect(broken.map((one) => one.rule)).toContain(rule)
})

describePlugin('broken', () => plugin({}), { describe, test, options: { broken: true } })
