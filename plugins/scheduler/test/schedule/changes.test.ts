import { createPipe } from '@pipe/core'
import { createScheduler, type ScheduleOptions } from '@pipe/scheduler'
import { durable, memoryStore } from '@pipe/state'
import { turn } from '@pipe/testing'
import { describe, expect, test } from 'vitest'
import { DAY, HOUR, MINUTE, SECOND, START, scheduling, work } from './support.ts'

const at = (ms: number) => new Date(START + ms).toISOString()
const minutes = (...each: number[]) => each.map((one) => at(one * MINUTE))

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
    const { clock, job, begun } = work()
    const store = memoryStore({ clock })
    await store.open()
    const pass = async (ms: number) => {
      await clock.advance(ms)
      for (let i = 0; i < 5; i++) await turn()
    }
    const startProcess = async (timing: ScheduleOptions) => {
      const pipe = createPipe({ clock, plugins: [durable({ store })] })
      const scheduler = createScheduler(pipe, { store, clock })
      scheduler.add('poll', job, timing)
      await scheduler.start()
      await pass(0)
      return scheduler
    }
    await pass(2 * SECOND)
    const before = await startProcess({ every: '10m' })
    const after = await startProcess({ every: '10m', anchor: START + 5 * MINUTE })
    await pass(10 * MINUTE - 3 * SECOND)
    // Just before a slot of the other one, which leads: what is done here must not take that away.
    await after.pause('poll')
    await after.resume('poll')
    await after.trigger('poll')
    await pass(2 * SECOND)
    expect(begun).toEqual([expect.stringMatching(/Z:/), at(10 * MINUTE)])
    expect(await after.get('poll')).toMatchObject({ runs: 1, nextAt: START + 15 * MINUTE })
    await before.stop()
    await pass(6 * MINUTE)
    expect(begun.slice(2)).toEqual(minutes(15))
    await after.stop()
  })
})

describe('a time that has passed when it is first known of', () => {
  test('is missed, and told', async () => {
    const { clock, job, begun } = work()
    const { scheduler, told, listen } = scheduling(clock)
    listen('schedule:miss', 'schedule:end')
    const slot = START - 2 * SECOND
    scheduler.add('once', job, { at: slot })
    await scheduler.start()
    await clock.advance(MINUTE)
    expect(begun).toEqual([])
    expect(told).toEqual([
      { what: 'schedule:miss', name: 'once', count: 1, more: false, from: slot, to: slot },
      { what: 'schedule:end', name: 'once', reason: 'no-more-slots' },
    ])
    expect(await scheduler.get('once')).toMatchObject({ state: 'ended', counts: { missed: 1 } })
    await scheduler.stop()
  })

  test('fires, when that is a moment ago', async () => {
    const { clock, job, begun } = work()
    const { scheduler, told, listen } = scheduling(clock)
    listen('schedule:miss')
    scheduler.add('once', job, { at: START })
    await clock.advance(SECOND)
    await scheduler.start()
    await clock.advance(0)
    expect(begun).toEqual([at(0)])
    expect(told).toEqual([])
    await scheduler.stop()
  })

  test('does nothing in a pause', async () => {
    const { clock, job, begun } = work()
    const { scheduler } = scheduling(clock)
    scheduler.add('once', job, { at: START })
    await scheduler.pause('once')
    await scheduler.start()
    await clock.advance(0)
    expect(begun).toEqual([])
    await scheduler.stop()
  })
})

describe('a clock that was a year ahead, and is set right', () => {
  const YEAR = 365 * DAY

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
    const { clock, job, begun } = work()
    const store = memoryStore({ clock })
    await store.open()
    const pipe = createPipe({ clock, plugins: [durable({ store })] })
    const scheduler = createScheduler(pipe, { store, clock })
    scheduler.add('poll', job, { every: '1m' })
    await scheduler.start()
    const pass = async (ms: number) => {
      await clock.advance(ms)
      for (let i = 0; i < 5; i++) await turn()
    }
    await pass(90 * SECOND)
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

test('what waits when a scheduler without a store is stopped is told', async () => {
  const { clock, job, hold } = work()
  const { scheduler, told, listen } = scheduling(clock)
  listen('schedule:skip')
  hold()
  scheduler.add('poll', job, { every: '1m', overlap: 'buffer-all' })
  await scheduler.start()
  await clock.advance(3 * MINUTE)
  await scheduler.stop({ grace: 0 })
  expect(told).toMatchObject(
    [2, 3].map((one) => ({ what: 'schedule:skip', name: 'poll', slot: START + one * MINUTE, reason: 'stopped' })),
  )
  expect(await scheduler.get('poll')).toMatchObject({ waiting: [], counts: { skipped: 2 } })
})

test('the events of a pipe, and its plugins, hear of the schedules', async () => {
  const { clock, job } = work()
  const heard: unknown[] = []
  const pipe = createPipe({
    clock,
    plugins: [{ name: 'ear', hooks: { 'schedule:run-end': ({ name, status }) => void heard.push([name, status]) } }],
  })
  pipe.events.on('schedule:fire', ({ name, slot }) => heard.push([name, slot]))
  pipe.events.on('scheduler:lead', ({ group }) => heard.push(group))
  const scheduler = createScheduler(pipe, { clock })
  scheduler.add('poll', job, { every: '1m' })
  await scheduler.start()
  await clock.advance(MINUTE)
  expect(heard).toEqual(['default', ['poll', START + MINUTE], ['poll', 'succeeded']])
  await scheduler.stop()
})
