import type { ScheduleOptions } from '@pipe/scheduler'
import { describe, expect, test } from 'vitest'
import { once, shared } from './support/faulty.ts'
import { HOUR, MINUTE, SECOND, START, at, minutes, scheduling, work } from './support.ts'

describe('a schedule with an end', () => {
  test('has ended as soon as no slot comes any more, and its last run goes on', async () => {
    const { clock, job, hold, end } = work()
    const { scheduler, told, listen } = scheduling(clock)
    listen('schedule:end')
    hold()
    scheduler.add('poll', job, { every: '1h', until: START + 90 * MINUTE })
    await scheduler.start()
    await clock.advance(HOUR)
    const info = await scheduler.get('poll')
    expect(info).toMatchObject({ state: 'ended', reason: 'until', active: [`poll@${at(HOUR)}`] })
    expect(info?.nextAt).toBeUndefined()
    await end()
    await scheduler.stop()
    expect(told).toEqual([{ what: 'schedule:end', name: 'poll', reason: 'until' }])
  })

  test('and runs that follow each other has ended when none may follow, also when the same is added again', async () => {
    const { clock, job, begun } = work()
    const { scheduler, told, listen } = scheduling(clock)
    listen('schedule:end')
    const options = { every: '10m', fixedDelay: true, until: START + 15 * MINUTE } as const
    scheduler.add('poll', job, options)
    await scheduler.start()
    await clock.advance(11 * MINUTE)
    expect([begun.length, told.length]).toEqual([2, 1])
    scheduler.add('poll', job, options)
    await clock.advance(HOUR)
    expect([begun.length, told.length]).toEqual([2, 1])
    await scheduler.stop()
  })

  test('has ended for who leads next, too', async () => {
    const { pass, startProcess, begun, toldOf } = await shared()
    const options = { every: '10m', fixedDelay: true, until: START + 15 * MINUTE } as const
    const leader = await startProcess(options)
    const follower = await startProcess(options)
    await pass(11 * MINUTE)
    expect(begun).toHaveLength(2)
    await leader.scheduler.stop()
    await pass(MINUTE)
    expect(follower.scheduler.leads).toBe(true)
    expect([begun.length, toldOf('schedule:end').length]).toEqual([2, 1])
    await follower.scheduler.stop()
  })

  test('does not end before who leads says so, though another process knows an earlier end', async () => {
    const { pass, startProcess, begun, told, hold, end, toldOf } = await shared()
    const options = { every: '10s', overlap: { allow: 5 } } as const
    const after = await startProcess({ ...options, until: START + HOUR })
    const before = await startProcess({ ...options, until: START + 65 * SECOND })
    await pass(60 * SECOND)
    expect(after.scheduler.leads).toBe(true)
    hold()
    const { id } = await before.scheduler.trigger('poll')
    await pass(6 * SECOND)
    await end() // in the process that knows the earlier one
    expect(told.at(-1)).toMatchObject({ what: 'schedule:run-end', id })
    await pass(24 * SECOND)
    expect(begun.filter((time) => `poll@${time}` !== id && time !== id)).toEqual(
      [1, 2, 3, 4, 5, 6, 7, 8, 9].map((n) => at(n * 10 * SECOND)),
    )
    expect(toldOf('schedule:miss', 'schedule:end')).toEqual([])
    await before.scheduler.stop({ grace: 0 })
    await after.scheduler.stop({ grace: 0 })
  })

  test('that came while no process was there fires for the last slot before it', async () => {
    const { pass, startProcess, begun, toldOf } = await shared()
    const options = { every: '1m', until: START + 3 * MINUTE } as const
    const one = await startProcess(options)
    await one.scheduler.stop()
    await pass(10 * MINUTE)
    const { scheduler } = await startProcess(options)
    await pass(SECOND)
    expect(begun).toEqual(minutes(3))
    expect(toldOf('schedule:miss', 'schedule:end')).toMatchObject([{ count: 2 }, { reason: 'until' }])
    await scheduler.stop()
  })

  test('does not fire at a time that lies after it', async () => {
    const { clock, job, begun } = work()
    const { scheduler } = scheduling(clock)
    scheduler.add('once', job, { at: START - 500, until: START - HOUR })
    await scheduler.start()
    await clock.advance(MINUTE)
    expect(begun).toEqual([])
    expect(await scheduler.get('once')).toMatchObject({ state: 'ended' })
    await scheduler.stop()
  })
})

describe('a schedule goes on, and loses no slot,', () => {
  test.each<[string, ScheduleOptions, boolean]>([
    ['runs', { every: '1m', maxRuns: 1 }, false],
    ['failures', { every: '1m', maxFailures: 1 }, true],
  ])('when a process that does not lead allows fewer %s', async (_, fewer, fails) => {
    const { pass, startProcess, begun, fail, toldOf } = await shared()
    if (fails) fail()
    const leader = await startProcess({ every: '1m' })
    const follower = await startProcess(fewer)
    await pass(10 * SECOND)
    await follower.scheduler.trigger('poll')
    await pass(2 * MINUTE)
    await follower.scheduler.trigger('poll')
    await pass(3 * MINUTE)
    expect(begun.filter((time) => time.endsWith('Z'))).toEqual(minutes(1, 2, 3, 4, 5))
    expect(await leader.scheduler.get('poll')).toMatchObject({ state: 'active', runs: 5, counts: { triggered: 2 } })
    expect(toldOf('schedule:miss', 'schedule:end')).toEqual([])
    await leader.scheduler.stop()
    await follower.scheduler.stop()
  })

  test('when what has waited begins in such a process', async () => {
    const { pass, startProcess, begun, hold, end, toldOf } = await shared()
    hold()
    const options = { every: '1m', overlap: 'buffer-one' } as const
    const leader = await startProcess(options)
    const follower = await startProcess({ ...options, maxRuns: 1 })
    await pass(30 * SECOND)
    await follower.scheduler.trigger('poll')
    await pass(87.9 * SECOND) // just before the second slot; the first one waits
    await end()
    expect(begun.slice(1)).toEqual(minutes(1))
    await end()
    await pass(MINUTE)
    expect(begun.slice(1)).toEqual(minutes(1, 2))
    expect(toldOf('schedule:miss', 'schedule:end')).toEqual([])
    await leader.scheduler.stop({ grace: 0 })
    await follower.scheduler.stop({ grace: 0 })
  })
})

test('a schedule that has ended goes on when it may have more runs, or more time', async () => {
  const { clock, job, begun } = work()
  const { scheduler } = scheduling(clock)
  scheduler.add('poll', job, { every: '1m', maxRuns: 1 })
  await scheduler.start()
  await clock.advance(5 * MINUTE)
  scheduler.add('poll', job, { every: '1m', maxRuns: 2 })
  await clock.advance(5 * MINUTE)
  expect(begun).toEqual(minutes(1, 6))
  scheduler.add('poll', job, { every: '1m', until: at(11 * MINUTE) })
  await clock.advance(5 * MINUTE)
  expect(begun).toEqual(minutes(1, 6, 11))
  expect(await scheduler.get('poll')).toMatchObject({ reason: 'until' })
  scheduler.add('poll', job, { every: '1m', until: at(HOUR) })
  await clock.advance(MINUTE)
  expect(begun).toHaveLength(4)
  await scheduler.stop()
})

test('a last run that could not be recorded when it began is the last one', async () => {
  const { pass, startProcess, begun, toldOf, errors } = await shared()
  const { scheduler, meet } = await startProcess({ every: '1m', maxRuns: 2 })
  await pass(MINUTE)
  meet(once('commit', 'before'))
  await pass(5 * MINUTE)
  expect(errors).toHaveLength(1)
  expect(begun).toEqual(minutes(1, 2))
  expect(toldOf('schedule:end')).toEqual([{ what: 'schedule:end', name: 'poll', reason: 'max-runs' }])
  expect(await scheduler.get('poll')).toMatchObject({ state: 'ended', runs: 2, counts: { succeeded: 2, missed: 0 } })
  await scheduler.stop()
})
