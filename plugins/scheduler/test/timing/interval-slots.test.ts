import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { intervalSlots } from '../../src/timing/interval-slots.ts'

const anEvery = fc.oneof(fc.integer({ min: 10, max: 5_000 }), fc.integer({ min: 10, max: 3650 * 86_400_000 }))
const aTime = fc.integer({ min: -8.64e15, max: 8.64e15 })

describe('slots of an interval', () => {
  test('the anchor is a phase: slots lie before it and after it, and at the same distance in ten years', () => {
    const slots = intervalSlots(60_000, Date.UTC(2026, 0, 1, 12, 0, 30))
    expect(slots.next(Date.UTC(2026, 0, 1))).toBe(Date.UTC(2026, 0, 1, 0, 0, 30))
    expect(slots.next(Date.UTC(2036, 0, 1))).toBe(Date.UTC(2036, 0, 1, 0, 0, 30))
  })

  test('a slot is not after itself; the end of a range belongs to it, and its beginning does not', () => {
    const slots = intervalSlots(1_000, 0)
    expect(slots.next(5_000)).toBe(6_000)
    expect(slots.next(5_999.5)).toBe(6_000)
    expect(slots.between(5_000, 8_000, 2)).toEqual({ count: 3, more: false, first: 6_000, newest: [7_000, 8_000] })
    expect(slots.between(5_000, 5_999, 2)).toBeUndefined()
    expect(slots.between(5_000, 5_000, 2)).toBeUndefined()
    expect(slots.between(8_000, 5_000, 2)).toBeUndefined()
  })

  test('a year of slots of 10 ms is counted without walking through it', () => {
    const [from, to] = [Date.UTC(2026, 0, 1), Date.UTC(2027, 0, 1)]
    expect(intervalSlots(10, 3).between(from, to, 2)).toEqual({
      count: 3_153_600_000,
      more: false,
      first: from + 3,
      newest: [to - 17, to - 7],
    })
  })

  test('agree with arithmetic on whole numbers of any size', () => {
    fc.assert(
      fc.property(anEvery, aTime, aTime, (every, anchor, after) => {
        const next = BigInt(intervalSlots(every, anchor).next(after) ?? NaN)
        expect((next - BigInt(anchor)) % BigInt(every)).toBe(0n)
        expect(next > BigInt(after)).toBe(true)
        expect(next - BigInt(every) <= BigInt(after)).toBe(true)
      }),
      { numRuns: 2_000 },
    )
  })

  test('`between` agrees with one slot after the other', () => {
    const aRange = fc.tuple(anEvery, fc.integer(), fc.integer(), fc.integer({ min: 0, max: 50 }), fc.nat(9))
    fc.assert(
      fc.property(aRange, fc.integer({ min: 1, max: 60 }), ([every, anchor, after, steps, rest], most) => {
        const slots = intervalSlots(every, anchor)
        const until = after + steps * every + rest
        const all: number[] = []
        for (let slot = slots.next(after); slot !== undefined && slot <= until; slot = slots.next(slot)) all.push(slot)
        const newest = all.slice(-most)
        const expected = all.length === 0 ? undefined : { count: all.length, more: false, first: all[0], newest }
        expect(slots.between(after, until, most)).toEqual(expected)
      }),
      { numRuns: 1_000 },
    )
  })
})
