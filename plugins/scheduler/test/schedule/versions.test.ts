import type { ScheduleOptions } from '@pipe/scheduler'
import { describe, expect, test } from 'vitest'
import { shared } from './support/faulty.ts'
import { HOUR, MINUTE, SECOND, START, at, minutes, scheduling, work } from './support.ts'

describe('with another timing', () => {
  test('slots of the new one come from now on', async () => {
    const { clock, job, begun } = work()
    const { scheduler, told, listen } = scheduling(clock)
    listen('schedule:miss')
    scheduler.add('poll', job, { every: '10m' })
    await scheduler.start()
    await clock.advance(25 * MINUTE)
    scheduler.add('poll', job, { every: '15m', anchor: START + 5 * MINUTE }) // its slot at 20 is over
    await clock.advance(20 * MINUTE)
    expect(begun).toEqual(minutes(10, 20, 35))
    expect(told).toEqual([])
    await scheduler.stop()
  })

  test('what is put off by its jitter, and due by both, comes still', async () => {
    const { clock, job, begun } = work()
    const { scheduler } = scheduling(clock)
    scheduler.add('poll', job, { every: '10m', jitter: '9m' })
    await scheduler.start()
    await clock.advance(10 * MINUTE)
    expect(begun).toEqual([])
    scheduler.add('poll', job, { every: '5m', jitter: '9m' })
    await clock.advance(5 * MINUTE)
    expect(begun).toEqual(minutes(10))
    await scheduler.stop()
  })

  test('two processes that disagree leave nothing out: who leads decides', async () => {
    const { pass, startProcess, begun } = await shared()
    const before = await startProcess({ every: '10m' })
    const after = await startProcess({ every: '10m', anchor: START + 5 * MINUTE })
    await pass(10 * MINUTE - 3 * SECOND)
    // Just before a slot of the other one, which leads: what is done here must not take that away.
    await after.scheduler.pause('poll')
    await after.scheduler.resume('poll')
    await after.scheduler.trigger('poll')
    await pass(2 * SECOND)
    expect(begun).toEqual([expect.stringMatching(/Z:/), at(10 * MINUTE)])
    expect(await after.scheduler.get('poll')).toMatchObject({ runs: 1, nextAt: START + 15 * MINUTE })
    await before.scheduler.stop()
    await pass(6 * MINUTE)
    expect(begun.slice(2)).toEqual(minutes(15))
    await after.scheduler.stop()
  })

  test('a delay is reckoned from the end of the last run', async () => {
    const { clock, job, begun } = work()
    const { scheduler } = scheduling(clock)
    scheduler.add('poll', job, { every: '1h', fixedDelay: true })
    await scheduler.start()
    await clock.advance(MINUTE)
    scheduler.add('poll', job, { every: '2h', fixedDelay: true })
    await clock.advance(119 * MINUTE - 1)
    expect(begun).toHaveLength(1)
    await clock.advance(1)
    expect(begun).toHaveLength(2)
    await scheduler.stop()
  })

  test('a delay is reckoned from the end of a run that goes on in a process with the one before', async () => {
    const { pass, startProcess, begun, hold, end } = await shared()
    hold()
    const before = await startProcess({ every: '1m' })
    await pass(MINUTE)
    const stopping = before.scheduler.stop()
    const { scheduler } = await startProcess({ every: '10m', fixedDelay: true })
    await pass(30 * SECOND)
    expect(scheduler.leads).toBe(true)
    await end()
    await stopping
    await pass(9 * MINUTE)
    expect(begun).toEqual(minutes(1))
    await pass(MINUTE + 10 * SECOND)
    expect(begun).toHaveLength(2)
    await scheduler.stop({ grace: 0 })
  })

  test('the rest after runs that failed is kept', async () => {
    const { clock, job, begun, fail } = work()
    const { scheduler } = scheduling(clock)
    fail()
    scheduler.add('poll', job, { auto: true })
    await scheduler.start()
    await clock.advance(40 * SECOND) // 1, 2, 4, 8 and 16 s after each other; the next one comes after 63 s
    expect(begun).toHaveLength(6)
    scheduler.add('poll', job, { auto: true, cooldown: '1ms' })
    await clock.advance(23 * SECOND - 1)
    expect(begun).toHaveLength(6)
    await clock.advance(1)
    expect(begun).toHaveLength(7)
    await scheduler.stop()
  })

  test.each([0, 30 * SECOND])(
    'a slot that fired %i ms ago neither fires again nor is missed when it is the only one now',
    async (ago) => {
      const { clock, job, begun } = work()
      const { scheduler, told, listen } = scheduling(clock)
      listen('schedule:miss')
      scheduler.add('poll', job, { every: '1m' })
      await scheduler.start()
      await clock.advance(MINUTE + ago)
      scheduler.add('poll', job, { at: START + MINUTE })
      await clock.advance(SECOND)
      expect(begun).toEqual(minutes(1))
      expect(told).toEqual([])
      expect(await scheduler.get('poll')).toMatchObject({ state: 'ended', reason: 'no-more-slots' })
      await scheduler.stop()
    },
  )

  test('a time that has fired neither fires again nor is missed when it comes back after another one', async () => {
    const { clock, job, begun } = work()
    const { scheduler, told, listen } = scheduling(clock)
    listen('schedule:miss')
    for (const timing of [{ at: START + MINUTE }, { every: '1h' }, { at: START + MINUTE }] as const) {
      scheduler.add('poll', job, timing)
      await scheduler.start()
      await clock.advance(begun.length === 0 ? MINUTE : 0)
    }
    expect(begun).toEqual(minutes(1))
    expect(told).toEqual([])
    await scheduler.stop()
  })

  test('slots of a pause are told by the one that was in force when it began', async () => {
    const { clock, job } = work()
    const { scheduler, told, listen } = scheduling(clock)
    listen('schedule:resume')
    scheduler.add('poll', job, { every: '1m' })
    await scheduler.start()
    await clock.advance(30 * SECOND)
    await scheduler.pause('poll')
    await clock.advance(10 * MINUTE)
    scheduler.add('poll', job, { every: '2m' })
    await clock.advance(10 * MINUTE)
    await scheduler.resume('poll')
    expect(told).toEqual([{ what: 'schedule:resume', name: 'poll', count: 20, more: false }])
    await scheduler.stop()
  })
})

describe('slots that nobody fired before a version with another timing is started', () => {
  const minute = (n: number) => START + n * MINUTE

  test.each<[string, ScheduleOptions, ScheduleOptions, number, fired: number, missed: number, number, number]>([
    ['that has them too', { every: '10m' }, { every: '5m' }, 41, 40, 3, 10, 30],
    ['that has many others beside them', { every: '1m' }, { every: '30s' }, 180, 180, 179, 1, 179],
    ['that has none of them', { every: '1h' }, { cron: '30 * * * *' }, 360, 360, 5, 60, 300],
  ])('%s: the last one fires, the others are told', async (_, before, after, waits, fired, count, from, to) => {
    const { pass, startProcess, begun, toldOf } = await shared()
    const one = await startProcess(before)
    await one.scheduler.stop()
    await pass(waits * MINUTE)
    const { scheduler } = await startProcess(after)
    await pass(SECOND)
    expect(begun).toEqual(minutes(fired))
    expect(toldOf('schedule:miss')).toEqual([
      { what: 'schedule:miss', name: 'poll', count, more: false, from: minute(from), to: minute(to) },
    ])
    await scheduler.stop()
  })

  test('fire as they were due, with `all`, and none of the new timing before now', async () => {
    const { pass, startProcess, begun, toldOf } = await shared()
    const one = await startProcess({ every: '1h' })
    await one.scheduler.stop()
    await pass(HOUR + 19 * MINUTE)
    const { scheduler } = await startProcess({ every: '10s', misfire: 'all', overlap: 'buffer-all' })
    await pass(9 * SECOND)
    expect(begun).toEqual([at(HOUR), at(HOUR + 19 * MINUTE + 10 * SECOND)])
    expect(toldOf('schedule:miss')).toEqual([])
    await scheduler.stop()
  })

  test('since their leader died: they fire', async () => {
    const { pass, startProcess, begun, toldOf } = await shared()
    const leader = await startProcess({ every: '1m' })
    const { scheduler } = await startProcess({ every: '50ms', misfire: 'all', overlap: 'buffer-all' })
    await pass(57 * SECOND)
    leader.kill()
    await pass(16 * SECOND)
    expect(scheduler.leads).toBe(true)
    expect(begun[0]).toBe(at(MINUTE))
    expect(toldOf('schedule:miss')).toEqual([])
    await scheduler.stop({ grace: 0 })
  })
})

test.each<[string, ScheduleOptions, fired: string[]]>([
  ['when a slot of the one before is due, and fires', { at: START + MINUTE }, minutes(1)],
  ['when nothing else is due', { every: '1h' }, []],
])('a version whose only time has passed has missed that, %s', async (_, before, fired) => {
  const { pass, startProcess, begun, toldOf } = await shared()
  const one = await startProcess(before)
  await pass(30 * SECOND)
  await one.scheduler.stop()
  await pass(5 * MINUTE)
  const { scheduler } = await startProcess({ at: START + 2 * MINUTE })
  await pass(SECOND)
  expect(begun).toEqual(fired)
  const slot = START + 2 * MINUTE
  expect(toldOf('schedule:miss')).toEqual([
    { what: 'schedule:miss', name: 'poll', count: 1, more: false, from: slot, to: slot },
  ])
  await scheduler.stop()
})

test('a schedule that only a process knows that does not lead yet is not missed', async () => {
  const { pass, newProcess, job, toldOf } = await shared()
  const before = newProcess()
  before.scheduler.add('other', job, { every: '1h' })
  await before.scheduler.start()
  await pass(0)
  const { scheduler } = newProcess()
  scheduler.add('once', job, { at: START + MINUTE })
  scheduler.add('poll', job, { every: '1m' })
  await scheduler.start()
  await pass(57 * SECOND)
  before.kill() // a second before the first slots of what is new
  await pass(20 * SECOND)
  expect(scheduler.leads).toBe(true)
  const fired = toldOf('schedule:fire').map(({ name, slot }) => [name, slot - START])
  expect(fired.sort()).toEqual([
    ['once', MINUTE],
    ['poll', MINUTE],
  ])
  await scheduler.stop()
})
