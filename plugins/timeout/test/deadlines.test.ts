import { fakeClock } from '@pipe/testing'
import fc from 'fast-check'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { Deadlines } from '../src/deadlines.ts'

let clock = fakeClock()
let deadlines = new Deadlines(clock, 100)
beforeEach(() => {
  clock = fakeClock()
  deadlines = new Deadlines(clock, 100)
})

test('a deadline expires once, when the limit has passed', async () => {
  const expire = vi.fn()
  deadlines.add(expire)
  await clock.advance(99)
  expect(expire).not.toHaveBeenCalled()
  await clock.advance(1)
  await clock.advance('1h')
  expect(expire).toHaveBeenCalledOnce()
})

test('one that is removed does not expire, and may be removed again', async () => {
  const expire = vi.fn()
  const remove = deadlines.add(expire)
  remove()
  remove()
  await clock.advance('1h')
  expect(expire).not.toHaveBeenCalled()
})

describe('the timer', () => {
  test('is one for all', () => {
    for (let i = 0; i < 1_000; i++) deadlines.add(() => undefined)
    expect(clock.timers).toBe(1)
  })

  test('is not started anew for work that follows at once', async () => {
    const start = vi.spyOn(clock, 'setTimeout')
    let remove = deadlines.add(() => undefined)
    for (let i = 0; i < 10; i++) {
      await Promise.resolve()
      remove()
      remove = deadlines.add(() => undefined)
    }
    expect(start).toHaveBeenCalledTimes(1)
    remove()
  })

  test('is gone a microtask after the last deadline', async () => {
    const remove = deadlines.add(() => undefined)
    remove()
    expect(clock.timers).toBe(1)
    await Promise.resolve()
    expect(clock.timers).toBe(0)
  })

  test('is gone after the last has expired', async () => {
    deadlines.add(() => undefined)
    await clock.advance(100)
    expect(clock.timers).toBe(0)
  })

  test('never asks a platform for more than it can wait', async () => {
    const start = vi.spyOn(clock, 'setTimeout')
    const expire = vi.fn()
    new Deadlines(clock, 2 ** 31 + 5).add(expire)
    expect(start.mock.calls[0]?.[1]).toBe(2 ** 31 - 1)
    await clock.advance(2 ** 31 - 1)
    expect(expire).not.toHaveBeenCalled()
    await clock.advance(6)
    expect(expire).toHaveBeenCalledOnce()
  })
})

test('what expires may remove others and add new ones', async () => {
  const log: string[] = []
  deadlines.add(() => {
    log.push('first')
    removeSecond()
    deadlines.add(() => log.push('later'))
  })
  const removeSecond = deadlines.add(() => log.push('second'))
  await clock.advance(100)
  expect(log).toEqual(['first'])
  expect(clock.timers).toBe(1)
  await clock.advance(100)
  expect(log).toEqual(['first', 'later'])
})

test('whatever is added and removed, each expires at its time or not at all', async () => {
  const work = fc.record({ start: fc.nat(300), takes: fc.nat(200) })
  await fc.assert(
    fc.asyncProperty(fc.array(work, { maxLength: 20 }), async (works) => {
      const own = fakeClock({ start: 0 })
      const list = new Deadlines(own, 100)
      const expired: (number | undefined)[] = works.map(() => undefined)
      works.forEach(({ start, takes }, i) => {
        own.setTimeout(() => {
          const remove = list.add(() => (expired[i] = own.now()))
          own.setTimeout(remove, takes)
        }, start)
      })
      await own.advance(1_000)
      works.forEach(({ start, takes }, i) => {
        if (takes > 100) expect(expired[i]).toBe(start + 100)
        else if (takes < 100) expect(expired[i]).toBeUndefined()
      })
      expect(own.timers).toBe(0)
    }),
  )
})
