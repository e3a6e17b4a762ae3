import { PipelineError } from '@pipe/core'
import { describe, expect, test } from 'vitest'
import { memoryBackend } from '../src/broken-stores/backend.ts'
import type { BrokenStore } from '../src/broken-stores/broken-store.ts'
import { clocks } from '../src/broken-stores/clocks.ts'
import { commands } from '../src/broken-stores/commands.ts'
import { crashes } from '../src/broken-stores/crashes.ts'
import { entries } from '../src/broken-stores/entries.ts'
import { forgetting } from '../src/broken-stores/forgetting.ts'
import { leases } from '../src/broken-stores/leases.ts'
import { lifecycles } from '../src/broken-stores/lifecycles.ts'
import { lists } from '../src/broken-stores/lists.ts'
import { sizes } from '../src/broken-stores/sizes.ts'
import { times } from '../src/broken-stores/times.ts'
import { describeStore, storeChecks } from '../src/index.ts'
import { outlivesItsProcess } from '../src/stores/clients.ts'
import { cutsLeases, keepsLeases, listsBackInTime, raisesFencesBackInTime } from '../src/stores/clocks.ts'
import { isAllOrNothing, saysUnavailable } from '../src/stores/cut-off.ts'
import { holdTo } from '../src/stores/rule.ts'
import { storeRules } from '../src/stores/rules.ts'
import { keepsForsakenRuns, keepsLivingRuns } from '../src/stores/times.ts'

const broken: readonly BrokenStore[] = [
  lifecycles,
  leases,
  crashes,
  commands,
  entries,
  lists,
  forgetting,
  times,
  clocks,
  sizes,
].flat()

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

test('a store may refuse a commit that is too large for it, as long as it keeps nothing of it', async () => {
  const breaks: BrokenStore['breaks'] = (sound) => ({
    commit: (id, fence, entries) =>
      entries.reduce((size, { value }) => size + value.length, 0) > 8 * 1024 * 1024
        ? Promise.reject(new PipelineError('OPTION_INVALID', 'The commit is too large.'))
        : sound.commit(id, fence, entries),
  })
  for (const check of storeChecks('cautious', () => memoryBackend({ breaks }), { histories: 1 })) await check.run()
})

test('what cannot be tried is not held against a store: hours, a clock that is set, the end of a process, a backend that is cut off', async () => {
  const backend = await memoryBackend()
  const client = () => backend.client()
  expect(client().durable).toBe(true)
  const set = [cutsLeases, keepsLeases, raisesFencesBackInTime, listsBackInTime]
  const rules = [keepsLivingRuns, keepsForsakenRuns, ...set, outlivesItsProcess, saysUnavailable, isAllOrNothing]
  for (const rule of rules) await holdTo(rule, { name: 'plain', make: () => ({ client }), histories: 1 })
})

describeStore('memory, as several clients see it', memoryBackend, { describe, test })
