import { describe, expect, test } from 'vitest'
import { order } from './scenarios/order.ts'
import { refused } from './scenarios/refused.ts'
import { cancelled, paused, tooLong } from './scenarios/stopped.ts'
import { attemptsTooLong, stepTooLong } from './scenarios/time-limits.ts'
import { activeSpans } from './support/active-spans.ts'
import { pluginNames } from './support/every-plugin.ts'
import { inEveryOrder } from './support/orders.ts'
import { witness } from './support/witness.ts'

activeSpans()

describe('the order of the plugins in the list changes nothing of', () => {
  test.each([order, refused, cancelled, tooLong, paused, attemptsTooLong, stepTooLong])('$name', async (scenario) => {
    const expected = await witness(pluginNames, scenario)
    expect([expected.reported, expected.timers]).toEqual([[], 0])
    await inEveryOrder(async (names) => {
      expect(await witness(names, scenario), names.join(', ')).toEqual(expected)
    })
  })
})
