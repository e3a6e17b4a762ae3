import { PipelineError } from '@pipe/core'
import { describe, expect, test } from 'vitest'
import { memoryBackend } from '../src/broken-stores/backend.ts'
import type { BrokenStore } from '../src/broken-stores/broken-store.ts'
import { commands } from '../src/broken-stores/commands.ts'
import { crashes } from '../src/broken-stores/crashes.ts'
import { entries } from '../src/broken-stores/entries.ts'
import { leases } from '../src/broken-stores/leases.ts'
import { lifecycles } from '../src/broken-stores/lifecycles.ts'
import { lists } from '../src/broken-stores/lists.ts'
import { describeStore, storeChecks } from '../src/index.ts'
import { storeRules } from '../src/stores/rules.ts'

const broken: readonly BrokenStore[] = [lifecycles, leases, crashes, commands, entries, lists].flat()

describe.each(broken)('a store that $does', (store) => {
  const checks = storeChecks('broken', () => memoryBackend(store))
  const at = checks.findIndex(({ name }) => name === store.rule.name)

  test('is rejected for that', async () => {
    const error: unknown = await checks[at]?.run().catch((error: unknown) => error)
    expect(error).toBeInstanceOf(PipelineError)
    const { code, message } = error as PipelineError
    expect(code).toBe('STORE_UNFIT')
    const [rejected, seen, remedy, ...more] = message.split('\n')
    expect(rejected).toBe(`Store "broken" breaks a rule: a store ${store.rule.name}.`)
    expect(seen).toMatch(store.says)
    expect(seen).toMatch(/^Seen: .*[^.]\.$/)
    expect(remedy).toMatch(/^What to do: \S.*\.$/)
    expect(more).toEqual([])
  })

  test('is not rejected for anything that is checked before', async () => {
    for (const check of checks.slice(0, at)) await check.run()
  })
})

test.each(storeRules)('there is a store of which it is not true that it $name', (rule) => {
  expect(broken.map((one) => one.rule)).toContain(rule)
})

describeStore('memory, as several clients see it', memoryBackend, { describe, test })
