import { describe, expect, test } from 'vitest'
import { HOUR, MINUTE, SECOND, START, at, scheduling, work } from './support.ts'

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

  test('is put off by its jitter, and is not missed before', async () => {
    const { clock, job, begun } = work()
    const { scheduler, told, listen } = scheduling(clock)
    listen('schedule:miss', 'schedule:fire')
    scheduler.add('one', job, { at: START - 500, jitter: '1h' })
    scheduler.add('two', job, { at: START - 5 * SECOND, jitter: '1h' })
    await scheduler.start()
    await clock.advance(0)
    expect(begun).toEqual([])
    await clock.advance(HOUR)
    expect(begun.sort()).toEqual([at(-5 * SECOND), at(-500)])
    expect(told).toMatchObject([{ what: 'schedule:fire' }, { what: 'schedule:fire' }])
    await scheduler.stop()
  })
})

test.each([0, HOUR])(
  'a time that passes in a pause is told once, by the end of that, and does not fire then (jitter: %i ms)',
  async (jitter) => {
    const { clock, job, begun } = work()
    const { scheduler, told, listen } = scheduling(clock)
    listen('schedule:miss', 'schedule:resume', 'schedule:end')
    scheduler.add('once', job, { at: START + MINUTE, jitter })
    await scheduler.pause('once')
    await scheduler.start()
    await clock.advance(MINUTE + 500)
    await scheduler.resume('once')
    await clock.advance(2 * HOUR)
    expect(begun).toEqual([])
    expect(told).toEqual([
      { what: 'schedule:resume', name: 'once', count: 1, more: false },
      { what: 'schedule:end', name: 'once', reason: 'no-more-slots' },
    ])
    await scheduler.stop()
  },
)
