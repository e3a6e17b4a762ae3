import { pipeline } from '@pipe/core'
import type { StateStore } from '@pipe/state'
import { expect, test } from 'vitest'
import { shared } from './support/faulty.ts'
import { SECOND } from './support.ts'

/** Of which pipeline a store is to list runs. */
const pipelineOf = (filter: unknown) => (filter as Parameters<StateStore['list']>[0] | undefined)?.pipeline

test('a run that ends while the store is asked what time it is, is followed by another one at once', async () => {
  const { pass, startProcess, begun, clock, hold, end } = await shared()
  hold()
  const { scheduler, meet } = await startProcess({ auto: true, cooldown: '50ms' })
  await pass(SECOND)
  const asked: string[] = []
  meet((method) => {
    if (method !== 'now' || asked.push(method) > 1) return undefined
    return new Promise<void>((resolve) => void clock.setTimeout(resolve, 5))
  })
  while (asked.length === 0) await pass(1)
  await end()
  await pass(200)
  expect(begun).toHaveLength(2)
  await scheduler.stop({ grace: 0 })
})

test('what is done to a schedule counts more than an answer about it that was asked for before', async () => {
  const { pass, startProcess, clock, toldOf } = await shared()
  await pass(500)
  const { scheduler, meet } = await startProcess({ every: '1s', misfire: 'skip' })
  await pass(3 * SECOND)
  await scheduler.pause('poll')
  await pass(10 * SECOND)
  // What the schedules are is known, and comes 300 ms later.
  const asked: string[] = []
  meet((method, [filter]) => {
    const isNext = asked.length === 0 ? pipelineOf(filter) === '@pipe/scheduler' : method === 'now'
    if (!isNext || asked.push(method) !== 2) return undefined
    return new Promise<void>((resolve) => void clock.setTimeout(resolve, 300))
  })
  while (asked.length < 2) await pass(10)
  await scheduler.resume('poll')
  const before = toldOf('schedule:fire').length
  await pass(6 * SECOND)
  expect(toldOf('schedule:fire')).toHaveLength(before + 6)
  expect(toldOf('schedule:miss')).toEqual([])
  await scheduler.stop()
})

test('a thousand schedules that are added at once make the store be asked once for runs of each to go on with', async () => {
  const { pass, newProcess } = await shared()
  const { scheduler, meet } = newProcess()
  await scheduler.start()
  await pass(0)
  const asked: unknown[] = []
  meet((method, [filter]) => {
    if (method === 'list') asked.push(pipelineOf(filter))
    return undefined
  })
  const names: string[] = []
  for (let i = 0; i < 1_000; i++) {
    names.push(`job-${i}`)
    const job = pipeline(`job-${i}`, (p) => p.step('a', { run: () => 1 }))
    scheduler.add(`poll-${i}`, job, { every: '1h' })
  }
  await pass(0)
  expect(asked).toEqual(names)
  await scheduler.stop()
})
