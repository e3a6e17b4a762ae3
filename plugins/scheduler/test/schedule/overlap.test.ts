import { pipeline } from '@pipe/core'
import { describe, expect, test } from 'vitest'
import { shared } from './support/faulty.ts'
import { HOUR, MINUTE, SECOND, START, at, minutes, scheduling, work } from './support.ts'

describe('of slots that are due together, with `cancel-other`,', () => {
  const options = { every: '1m', overlap: 'cancel-other', misfire: 'all' } as const
  const given = (...each: number[]) =>
    each.map((one) => ({ what: 'schedule:skip', slot: START + one * MINUTE, reason: 'superseded' }))

  test('only the last one runs, the others are told', async () => {
    const { clock, job, begun, hold } = work()
    const { scheduler, told, listen } = scheduling(clock)
    listen('schedule:skip')
    hold()
    scheduler.add('poll', job, options)
    await scheduler.start()
    clock.adjust(3 * MINUTE) // the machine was asleep
    await clock.advance(31 * SECOND)
    expect(begun).toEqual(minutes(3))
    expect(told).toMatchObject(given(1, 2))
    await scheduler.stop({ grace: 0 })
  })

  test('only the last one runs, when a process is started that has a store', async () => {
    const { pass, startProcess, begun, hold, errors, toldOf } = await shared()
    hold()
    const one = await startProcess(options)
    await one.scheduler.stop()
    await pass(3 * MINUTE)
    const { scheduler } = await startProcess(options)
    await pass(20 * SECOND)
    expect({ begun, errors }).toEqual({ begun: minutes(3), errors: [] })
    expect(toldOf('schedule:skip')).toMatchObject(given(1, 2))
    await scheduler.stop({ grace: 0 })
  })

  test('the last one takes the place of the run that goes on, and others follow', async () => {
    const { clock, job, begun, hold } = work()
    const { scheduler } = scheduling(clock)
    hold()
    scheduler.add('poll', job, options)
    await scheduler.start()
    await clock.advance(MINUTE)
    clock.adjust(2 * MINUTE)
    await clock.advance(31 * SECOND)
    expect(begun).toEqual(minutes(1, 3))
    await clock.advance(HOUR - 4 * MINUTE)
    expect(begun.at(-1)).toBe(at(59 * MINUTE))
    expect(begun).toHaveLength(58)
    await scheduler.stop({ grace: 0 })
  })

  test('what has waited gives way to what is due when it might begin', async () => {
    const { clock, begun } = work()
    const ends: (() => void)[] = []
    const stubborn = pipeline('stubborn', (p) =>
      p.step('step', {
        run: async (_, { runId }) => {
          begun.push(runId.slice('poll@'.length))
          await new Promise<void>((resolve) => ends.push(resolve))
        },
      }),
    )
    const { scheduler, told, listen } = scheduling(clock)
    listen('schedule:skip')
    scheduler.add('poll', stubborn, { ...options, options: { grace: '1h' } })
    await scheduler.start()
    await clock.advance(2 * MINUTE)
    expect(await scheduler.get('poll')).toMatchObject({ waiting: [`poll@${at(2 * MINUTE)}`] })
    clock.adjust(MINUTE)
    ends.shift()?.()
    await clock.advance(SECOND)
    expect(begun).toEqual(minutes(1, 3))
    expect(told).toMatchObject(given(2))
    ends.shift()?.()
    await scheduler.stop()
  })
})
