import { expect, test } from 'vitest'
import { commonSlots } from '../../src/timing/common-slots.ts'
import { cronSlots } from '../../src/timing/cron-slots.ts'
import { intervalSlots } from '../../src/timing/interval-slots.ts'

const [HOUR, DAY] = [3_600_000, 86_400_000]

test('are those that both have', () => {
  const slots = commonSlots(intervalSlots(4, 0), intervalSlots(6, 0))
  expect(slots.between(0, 30, 10)).toEqual({ count: 2, more: false, first: 12, newest: [12, 24] })
  expect(slots.between(12, 23, 10)).toBeUndefined()
  expect(commonSlots(intervalSlots(4, 1), intervalSlots(6, 0)).between(0, 1_000, 10)).toBeUndefined()
})

test.each([0, 1])('are found where one has very many of them, and the other has few (%i)', (order) => {
  const daily = cronSlots('0 6 * * *', { timezone: 'UTC', domAndDow: false })
  const both = [daily, intervalSlots(10, 0)] as const
  const slots = commonSlots(both[order as 0], both[1 - (order as 0)]!)
  expect(slots.between(0, 12 * HOUR, 100)).toEqual({ count: 1, more: false, first: 6 * HOUR, newest: [6 * HOUR] })
  expect(slots.between(0, 3 * DAY, 2)).toMatchObject({ count: 2, newest: [DAY + 6 * HOUR, 2 * DAY + 6 * HOUR] })
})
