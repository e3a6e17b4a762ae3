import fc from 'fast-check'
import { expect, test } from 'vitest'
import { aJitter, fireTime } from '../../src/timing/jitter.ts'

const HOUR = 3_600_000
const slots = Array.from({ length: 10_000 }, (_, i) => Date.UTC(2026, 0, 1) + i * HOUR)

test('every process calculates the same times', () => {
  expect(slots.slice(0, 4).map((slot) => fireTime('report', slot, 60_000, HOUR) - slot)).toEqual([
    3934, 49169, 46830, 36690,
  ])
  expect(fireTime('Bericht für Jörg', slots[0]!, 60_000, HOUR) - slots[0]!).toBe(43587)
})

test('the work of a slot starts in [slot, slot + jitter), and before the next slot', () => {
  const aLength = fc.oneof(fc.nat(20), fc.nat(86_400_000))
  fc.assert(
    fc.property(
      fc.string(),
      fc.integer(),
      aLength,
      fc.oneof(aLength, fc.constant(Infinity)),
      (name, slot, jitter, gap) => {
        const offset = fireTime(name, slot, jitter, gap) - slot
        expect(Number.isInteger(offset)).toBe(true)
        expect(offset).toBeGreaterThanOrEqual(0)
        if (Math.min(jitter, gap) > 0) expect(offset).toBeLessThan(Math.min(jitter, gap))
        else expect(offset).toBe(0)
      },
    ),
    { numRuns: 2_000 },
  )
})

test.each([
  ['of one schedule', slots.map((slot) => fireTime('report', slot, 1_000, HOUR) - slot)],
  ['of one slot', slots.map((_, i) => fireTime(`tenant-${i}`, slots[0]!, 1_000, HOUR) - slots[0]!)],
])('the offsets %s are spread evenly', (_, offsets) => {
  const tenths = Array.from({ length: 10 }, (_, tenth) => offsets.filter((o) => Math.floor(o / 100) === tenth).length)
  for (const count of tenths) expect(Math.abs(count - 1_000)).toBeLessThan(150)
  // Neighbours have nothing to do with each other: two even offsets are a third of the range apart, on average.
  const apart = offsets.slice(1).map((offset, i) => Math.abs(offset - offsets[i]!))
  expect(apart.reduce((sum, one) => sum + one, 0) / apart.length).toBeGreaterThan(310)
})

test.each([
  [0, true],
  ['30s', true],
  ['1d', true],
  ['25h', false],
  [-1, false],
  [Infinity, false],
  ['much', false],
  [null, false],
])('a jitter may be %s: %s', (value, expected) => expect(aJitter[1](value)).toBe(expected))
