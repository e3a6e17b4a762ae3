import type { ScheduleOptions } from '@pipe/scheduler'
import { describe, expect, test } from 'vitest'
import { once, shared } from './support/faulty.ts'
import { DAY, HOUR, MINUTE, SECOND, START, at, minutes, scheduling, work } from './support.ts'

const YEAR = 365 * DAY

describe('a clock that was a year ahead, and is set right', () => {
  test.each([
    ['slots', { every: '1h' }, [at(YEAR), at(3 * HOUR), at(4 * HOUR)]],
    ['runs that follow each other', { every: '1h', fixedDelay: true }, 3],
  ])('stops no schedule with %s', async (_, timing, expected) => {
    const { clock, job, begun } = work()
    const { scheduler } = scheduling(clock)
    scheduler.add('poll', job, timing as ScheduleOptions)
    clock.adjust(YEAR)
    await scheduler.start()
    await clock.advance(HOUR)
    expect(begun).toHaveLength(1 + Number(typeof expected === 'number'))
    clock.adjust(-YEAR)
    await clock.advance(3 * HOUR)
    if (typeof expected !== 'number') expect(begun.slice(1)).toEqual(minutes(120, 180, 240))
    else expect(begun.length).toBeGreaterThanOrEqual(expected)
    await scheduler.stop()
  })

  test('stops no schedule in a store, and fires no slot twice', async () => {
    const { clock, pass, startProcess, begun } = await shared()
    const { scheduler } = await startProcess({ every: '1m' })
    await pass(88 * SECOND)
    clock.adjust(YEAR)
    await pass(31 * SECOND) // it is noticed
    clock.adjust(-YEAR)
    await pass(31 * SECOND)
    await pass(MINUTE)
    expect(begun).toEqual([at(MINUTE), at(YEAR + 2 * MINUTE), at(3 * MINUTE)])
    await scheduler.stop()
  })

  test('by an hour it waits, so that no slot is fired twice', async () => {
    const { clock, job, begun } = work()
    const { scheduler } = scheduling(clock)
    scheduler.add('poll', job, { every: '1m' })
    await scheduler.start()
    await clock.advance(MINUTE)
    clock.adjust(-HOUR)
    await clock.advance(HOUR)
    expect(begun).toEqual(minutes(1))
    await clock.advance(MINUTE)
    expect(begun).toEqual(minutes(1, 2))
    await scheduler.stop()
  })
})

test('a schedule whose end came while the clock was a year ahead goes on when it is set right', async () => {
  const { clock, job, begun } = work()
  const { scheduler } = scheduling(clock)
  scheduler.add('poll', job, { every: '1h', until: START + 30 * DAY })
  scheduler.add('yearly', job, { cron: '@yearly' }) // the clock of a scheduler with nothing to do is not looked at
  await scheduler.start()
  await clock.advance(HOUR)
  clock.adjust(YEAR)
  await clock.advance(HOUR)
  expect(await scheduler.get('poll')).toMatchObject({ state: 'ended', reason: 'until' })
  clock.adjust(-YEAR)
  await clock.advance(5 * HOUR)
  expect(await scheduler.get('poll')).toMatchObject({ state: 'active' })
  expect(begun.slice(-4)).toEqual(minutes(240, 300, 360, 420))
  await scheduler.stop()
})

test('a schedule that was paused before it was ever fired, by a clock a year ahead, goes on when that is set right', async () => {
  const { clock, job, begun } = work()
  const { scheduler } = scheduling(clock)
  clock.adjust(YEAR)
  scheduler.add('poll', job, { every: '1m' })
  await scheduler.pause('poll')
  await scheduler.start()
  await clock.advance(SECOND)
  clock.adjust(-YEAR)
  await clock.advance(2 * MINUTE)
  await scheduler.resume('poll')
  await clock.advance(3 * MINUTE)
  expect(begun).toEqual(minutes(3, 4, 5))
  await scheduler.stop()
})

test.each<ScheduleOptions>([
  { every: '10s', fixedDelay: true },
  { auto: true, cooldown: '10s' },
])('runs that follow each other do so also when the clock is set back by half a day: %o', async (timing) => {
  const { clock, job, begun } = work()
  const { scheduler } = scheduling(clock)
  scheduler.add('poll', job, timing)
  await scheduler.start()
  await clock.advance(35 * SECOND)
  expect(begun).toHaveLength(4)
  clock.adjust(-12 * HOUR)
  await clock.advance(10 * MINUTE)
  expect(begun.length).toBeGreaterThan(4 + 50)
  await scheduler.stop()
})

/** A process with a clock that is not that of the store. */
async function apart() {
  const one = work()
  const { now, monotonic, setTimeout, clearTimeout } = one.clock
  let ahead = 0
  const all = await shared(one, { now: () => now() + ahead, monotonic, setTimeout, clearTimeout })
  return {
    ...all,
    adjust: (ms: number) => {
      one.clock.adjust(ms)
      ahead -= ms
    },
    adjustStore: (ms: number) => (ahead += ms),
  }
}

describe('a process whose clock is set, while that of the store is right,', () => {
  test.each([
    ['', false],
    [', also when the store was away before', true],
  ])('fires each slot in its time%s', async (_, fails) => {
    const { pass, startProcess, adjust, begun } = await apart()
    const { scheduler, meet } = await startProcess({ every: '1m' })
    await pass(MINUTE)
    if (fails) meet(once('commit', 'before'))
    await pass(MINUTE)
    adjust(-HOUR)
    for (const minute of [3, 4, 5, 6]) {
      await pass(MINUTE)
      expect(begun).toHaveLength(minute)
    }
    expect(begun).toEqual(minutes(1, 2, 3, 4, 5, 6))
    await scheduler.stop()
  })

  test('takes no slots away with what it does before it is started', async () => {
    const { pass, newProcess, adjust, job, begun } = await apart()
    adjust(HOUR)
    const { scheduler } = newProcess()
    scheduler.add('poll', job, { every: '1m' })
    await scheduler.pause('poll')
    await scheduler.resume('poll')
    await scheduler.start()
    await pass(3 * MINUTE)
    expect(begun).toEqual(minutes(1, 2, 3))
    await scheduler.stop()
  })

  test('lets runs follow each other as before, also when one ends just after that', async () => {
    const { pass, startProcess, adjust, begun, hold, end } = await apart()
    hold()
    const { scheduler } = await startProcess({ every: '10s', fixedDelay: true })
    await pass(5 * SECOND)
    expect(begun).toHaveLength(1)
    adjust(HOUR)
    await end()
    await pass(MINUTE)
    expect(begun).toHaveLength(2)
    await scheduler.stop({ grace: 0 })
  })
})

test('a clock of a store that is set forwards is noticed within 5 s', async () => {
  const { pass, startProcess, adjustStore, begun } = await apart()
  const { scheduler } = await startProcess({ every: '1m' })
  adjustStore(57 * SECOND)
  await pass(6 * SECOND)
  expect(begun).toEqual(minutes(1))
  await scheduler.stop()
})
