import { systemClock } from '@pipe/core'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { callAt } from '../src/clock.ts'
import { FakeClock, turn } from './support/fake-clock.ts'

const DAY = 86_400_000

describe('callAt', () => {
  test('calls once at the time', async () => {
    const clock = new FakeClock()
    const callback = vi.fn()
    callAt(clock, clock.monotonic() + 100, callback)
    await clock.advance(99)
    expect(callback).not.toHaveBeenCalled()
    await clock.advance(1_000)
    expect(callback).toHaveBeenCalledTimes(1)
  })

  test.each([0, -1_000])('calls in the next turn when the time is %d ms away', async (ms) => {
    const clock = new FakeClock()
    const callback = vi.fn()
    callAt(clock, clock.monotonic() + ms, callback)
    expect(callback).not.toHaveBeenCalled()
    await clock.advance(0)
    expect(callback).toHaveBeenCalledTimes(1)
  })

  test('reaches further than a timer of the platform', async () => {
    const clock = new FakeClock()
    const callback = vi.fn()
    const delays = vi.spyOn(clock, 'setTimeout')
    callAt(clock, clock.monotonic() + 100 * DAY, callback)
    await clock.advance(100 * DAY - 1)
    expect(callback).not.toHaveBeenCalled()
    await clock.advance(1)
    expect(callback).toHaveBeenCalledTimes(1)
    for (const [, ms] of delays.mock.calls) expect(ms).toBeLessThan(2 ** 31)
  })

  test('can be forgotten, at any time', async () => {
    const clock = new FakeClock()
    const callback = vi.fn()
    const forget = callAt(clock, clock.monotonic() + 100 * DAY, callback)
    await clock.advance(50 * DAY)
    forget()
    expect(clock.timers).toBe(0)
    forget()
    await clock.advance(100 * DAY)
    expect(callback).not.toHaveBeenCalled()
  })
})

describe('the system clock', () => {
  afterEach(() => {
    vi.useRealTimers()
  })

  test('tells the time of this machine', () => {
    vi.useFakeTimers({ now: 42 })
    expect(systemClock.now()).toBe(42)
  })

  test('never goes back', () => {
    const before = systemClock.monotonic()
    expect(systemClock.monotonic()).toBeGreaterThanOrEqual(before)
  })

  test('sets and forgets timers', async () => {
    const [kept, forgotten] = [vi.fn(), vi.fn()]
    systemClock.setTimeout(kept, 0)
    systemClock.clearTimeout(systemClock.setTimeout(forgotten, 0))
    await turn()
    expect(kept).toHaveBeenCalledTimes(1)
    expect(forgotten).not.toHaveBeenCalled()
  })
})
