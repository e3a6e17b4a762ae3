import { expect, test } from 'vitest'
import { HOUR, MINUTE, SECOND, START, scheduling, work } from './support.ts'

test('a schedule fires in its slots, from its start to its stop', async () => {
  const { clock, job, begun } = work()
  const { scheduler, errors } = scheduling(clock)
  scheduler.add('poll', job, { every: '10s' })
  await clock.advance(MINUTE)
  expect(begun).toEqual([])
  await scheduler.start()
  await clock.advance(30 * SECOND)
  await scheduler.stop()
  await clock.advance(MINUTE)
  expect(begun).toEqual(['2026-01-01T00:01:10.000Z', '2026-01-01T00:01:20.000Z', '2026-01-01T00:01:30.000Z'])
  expect(errors).toEqual([])
  expect(clock.timers).toBe(0)
})
