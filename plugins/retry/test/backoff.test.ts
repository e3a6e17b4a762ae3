import fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import { type Backoff, delayAfter, type Jitter, type Schedule } from '../src/backoff.ts'

const schedule: Schedule = { backoff: 'exponential', initialDelay: 1_000, maxDelay: 60_000, factor: 2, jitter: 'none' }
const half = () => 0.5
const first = (count: number, given: Partial<Schedule>, random = half) =>
  Array.from({ length: count }, (_, i) => delayAfter(i + 1, { ...schedule, ...given }, random))

describe('without jitter', () => {
  test.each<[Backoff, Partial<Schedule>, readonly number[]]>([
    ['constant', {}, [1_000, 1_000, 1_000, 1_000]],
    ['linear', {}, [1_000, 2_000, 3_000, 4_000]],
    ['linear', { maxDelay: 2_500 }, [1_000, 2_000, 2_500, 2_500]],
    ['exponential', {}, [1_000, 2_000, 4_000, 8_000]],
    ['exponential', { factor: 10 }, [1_000, 10_000, 60_000, 60_000]],
    ['exponential', { factor: 1.5, initialDelay: 100 }, [100, 150, 225, 337.5]],
    ['exponential', { factor: 1 }, [1_000, 1_000, 1_000, 1_000]],
  ])('a delay that is %s with %o is %o', (backoff, given, delays) => {
    expect(first(4, { ...given, backoff })).toEqual(delays)
  })

  test.each<Backoff>(['constant', 'linear', 'exponential'])('no initial delay stays none when %s', (backoff) => {
    expect(delayAfter(5_000, { ...schedule, backoff, initialDelay: 0 }, half)).toBe(0)
  })
})

describe('with jitter', () => {
  test.each<[Jitter, number, readonly number[]]>([
    ['full', 0, [0, 0, 0]],
    ['full', 0.5, [500, 1_000, 2_000]],
    ['equal', 0, [500, 1_000, 2_000]],
    ['equal', 0.5, [750, 1_500, 3_000]],
    ['decorrelated', 0, [1_000, 1_000, 1_000]],
    ['decorrelated', 0.5, [2_000, 3_500, 5_750]],
  ])('%s, a random number of %d makes it %o', (jitter, random, delays) => {
    expect(first(3, { jitter }, () => random)).toEqual(delays)
  })

  test('decorrelated delays do not ask how the delay would grow', () => {
    const jitter = 'decorrelated'
    expect(first(3, { jitter, backoff: 'constant' })).toEqual(first(3, { jitter, factor: 9 }))
  })
})

test('a decorrelated delay costs no more the more attempts there were', () => {
  const random = vi.fn(half)
  delayAfter(1_000_000, { ...schedule, jitter: 'decorrelated' }, random)
  expect(random.mock.calls.length).toBeLessThanOrEqual(1_000)
})

describe('whatever the schedule, the attempt and the random numbers', () => {
  const schedules = fc
    .record({
      backoff: fc.constantFrom<Backoff>('constant', 'linear', 'exponential'),
      initialDelay: fc.double({ min: 0, max: 1e6, noNaN: true }),
      more: fc.double({ min: 0, max: 1e9, noNaN: true }),
      factor: fc.double({ min: 1, max: 1e3, noNaN: true }),
      jitter: fc.constantFrom<Jitter>('none', 'full', 'equal', 'decorrelated'),
    })
    .map(({ more, ...rest }): Schedule => ({ ...rest, maxDelay: rest.initialDelay + more }))
  const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })
  const attempts = fc.integer({ min: 1, max: 100_000 })

  test('the delay is from 0 to `maxDelay`', () => {
    fc.assert(
      fc.property(schedules, attempts, random, (any, attempt, number) => {
        const delay = delayAfter(attempt, any, () => number)
        expect(delay).toBeGreaterThanOrEqual(0)
        expect(delay).toBeLessThanOrEqual(any.maxDelay)
      }),
    )
  })

  test('jitter never makes it longer, and `equal` never less than half', () => {
    fc.assert(
      fc.property(schedules, attempts, random, (any, attempt, number) => {
        const delay = (jitter: Jitter) => delayAfter(attempt, { ...any, jitter }, () => number)
        expect(delay('full')).toBeLessThanOrEqual(delay('none'))
        expect(delay('equal')).toBeLessThanOrEqual(delay('none'))
        expect(delay('equal')).toBeGreaterThanOrEqual(delay('none') / 2)
      }),
    )
  })

  test('a decorrelated delay is never shorter than the first', () => {
    fc.assert(
      fc.property(schedules, attempts, random, (any, attempt, number) => {
        const delay = delayAfter(attempt, { ...any, jitter: 'decorrelated' }, () => number)
        expect(delay).toBeGreaterThanOrEqual(any.initialDelay)
      }),
    )
  })
})
