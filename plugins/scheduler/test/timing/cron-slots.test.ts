import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { cronSlots } from '../../src/timing/cron-slots.ts'

/** The slots of a cron expression after one time up to another one, in UTC as ISO without seconds. */
function between(expression: string, timezone: string, from: string, to: string, domAndDow = false): string[] {
  const slots = cronSlots(expression, { timezone, domAndDow })
  const found = slots.between(Date.parse(from) - 1, Date.parse(to), 1_000)
  return (found?.newest ?? []).map((slot) => new Date(slot).toISOString().replace(/(:00)?\.000Z$/, 'Z'))
}

describe('expressions', () => {
  test.each([
    ['*/20 * * * * *', '2026-01-01T00:00Z', '2026-01-01T00:01Z', ['00:00Z', '00:00:20Z', '00:00:40Z', '00:01Z']],
    ['15,45 9-10 * * *', '2026-01-01T00:00Z', '2026-01-01T23:00Z', ['09:15Z', '09:45Z', '10:15Z', '10:45Z']],
  ])('%s has these times', (expression, from, to, times) => {
    expect(between(expression, 'UTC', from, to)).toEqual(times.map((time) => `2026-01-01T${time}`))
  })

  test.each([
    ['0 0 L * *', ['2026-01-31', '2026-02-28', '2026-03-31']],
    ['0 0 15W * *', ['2026-01-15', '2026-02-16', '2026-03-16']],
    ['0 0 * * FRI#2', ['2026-01-09', '2026-02-13', '2026-03-13']],
    ['0 0 * * MONL', ['2026-01-26', '2026-02-23', '2026-03-30']],
    ['0 0 1 FEB,MAR *', ['2026-02-01', '2026-03-01']],
    ['@monthly', ['2026-01-01', '2026-02-01', '2026-03-01']],
    ['0 0 0 1 * * 2026-2027', ['2026-01-01', '2026-02-01', '2026-03-01']],
  ])('%s has these days', (expression, days) => {
    const found = between(expression, 'UTC', '2026-01-01T00:00Z', '2026-03-31T23:59Z')
    expect(found).toEqual(days.map((day) => `${day}T00:00Z`))
  })

  test('the 29th of February comes in leap years', () => {
    const { next } = cronSlots('0 0 29 2 *', { timezone: 'UTC', domAndDow: false })
    expect(next(Date.UTC(2026, 0, 1))).toBe(Date.UTC(2028, 1, 29))
    expect(next(Date.UTC(2096, 2, 1))).toBe(Date.UTC(2104, 1, 29))
  })

  test('with a day of month and a day of week, either matches, or both when `domAndDow` says so', () => {
    const either = between('0 0 13 * FRI', 'UTC', '2026-02-01T00:00Z', '2026-02-28T00:00Z')
    expect(either).toEqual(['06', '13', '20', '27'].map((day) => `2026-02-${day}T00:00Z`))
    const both = between('0 0 13 * FRI', 'UTC', '2026-01-01T00:00Z', '2026-12-31T00:00Z', true)
    expect(both).toEqual(['2026-02-13T00:00Z', '2026-03-13T00:00Z', '2026-11-13T00:00Z'])
  })
})

// New York: 2:00 EST becomes 3:00 EDT on March 8 (7:00Z), 2:00 EDT becomes 1:00 EST on November 1 (6:00Z).
describe('where clocks are changed', () => {
  const spring = (expression: string) =>
    between(expression, 'America/New_York', '2026-03-08T05:00Z', '2026-03-08T09:00Z').map((slot) => slot.slice(11))
  const autumn = (expression: string) =>
    between(expression, 'America/New_York', '2026-11-01T04:00Z', '2026-11-01T08:00Z').map((slot) => slot.slice(11))

  test.each([
    ['30 2 * * *', ['07:00Z']],
    ['0,30 2 * * *', ['07:00Z']],
    ['30 1-3 * * *', ['06:30Z', '07:00Z', '07:30Z']],
    ['0 2,14 * * *', ['07:00Z']],
  ])('%s fires at the end of the gap', (expression, times) => expect(spring(expression)).toEqual(times))

  test.each([
    ['0 * * * *', ['05:00Z', '06:00Z', '07:00Z', '08:00Z', '09:00Z']],
    ['0,30 */2 * * *', ['05:00Z', '05:30Z', '08:00Z', '08:30Z']],
    ['*/30 2 * * *', []],
  ])('%s has no times in the gap', (expression, times) => expect(spring(expression)).toEqual(times))

  test.each([
    ['30 1 * * *', ['05:30Z']],
    ['30 1,13 * * *', ['05:30Z']],
    ['0 0-3 * * *', ['04:00Z', '05:00Z', '07:00Z', '08:00Z']],
  ])('%s fires once in the overlap', (expression, times) => expect(autumn(expression)).toEqual(times))

  test.each([
    ['0 * * * *', ['04:00Z', '05:00Z', '06:00Z', '07:00Z', '08:00Z']],
    ['*/30 1 * * *', ['05:00Z', '05:30Z', '06:00Z', '06:30Z']],
  ])('%s fires in every real hour', (expression, times) => expect(autumn(expression)).toEqual(times))

  test('a gap of half an hour is one too', () => {
    const found = between('15 2 * * *', 'Australia/Lord_Howe', '2026-10-02T16:00Z', '2026-10-04T16:00Z')
    expect(found).toEqual(['2026-10-03T15:30Z', '2026-10-04T15:15Z'])
  })

  test('a time in a gap that lasts to midnight does not come on that day', () => {
    const found = between('30 23 * * *', 'America/Nuuk', '2026-03-27T12:00Z', '2026-03-30T12:00Z')
    expect(found).toEqual(['2026-03-28T01:30Z', '2026-03-30T00:30Z'])
  })
})

describe('many slots', () => {
  const year = [Date.UTC(2026, 0, 1), Date.UTC(2027, 0, 1)] as const

  test('are counted up to a number, and the newest are found all the same', () => {
    const { between } = cronSlots('* * * * * *', { timezone: 'Europe/Berlin', domAndDow: false })
    const end = Date.UTC(2027, 0, 1)
    expect(between(...year, 3)).toEqual({
      count: 200,
      more: true,
      first: year[0] + 1_000,
      newest: [end - 2_000, end - 1_000, end],
    })
    expect(between(...year, 500)).toMatchObject({ count: 500, more: true, newest: { length: 500 } })
  })

  test('are counted exactly up to the number of the newest that are asked for', () => {
    const { between } = cronSlots('0 * * * *', { timezone: 'UTC', domAndDow: false })
    expect(between(...year, 8_760)).toMatchObject({ count: 8_760, more: false })
    expect(between(...year, 8_759)).toMatchObject({ count: 8_759, more: true })
  })
})

describe('whatever the expression, the zone and the time', () => {
  const aField = (from: number, to: number) =>
    fc.oneof(
      fc.constant('*'),
      fc.integer({ min: from, max: to }).map(String),
      fc.integer({ min: 2, max: 7 }).map((step) => `*/${step}`),
      fc.uniqueArray(fc.integer({ min: from, max: to }), { minLength: 1, maxLength: 3 }).map((list) => list.join(',')),
    )
  const anExpression = fc
    .tuple(
      fc.constantFrom('0', '*/30', '7', '*'),
      aField(0, 59),
      aField(0, 23),
      fc.constantFrom('*', '*', '1', 'L', '15W', '*/10'),
      fc.constantFrom('*', '*', '3', '10,11'),
      fc.constantFrom('*', '*', 'SUN', 'MON-FRI', 'SUNL', '7#1'),
    )
    .map((fields) => fields.join(' '))
  const aZone = fc.constantFrom('UTC', 'Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Africa/Casablanca')
  // Half of the times are around a transition of one of the zones.
  const aTime = fc.oneof(
    fc.integer({ min: Date.UTC(2024, 0, 1), max: Date.UTC(2030, 0, 1) }),
    fc
      .tuple(
        fc.constantFrom(
          '2026-03-29T01:00Z',
          '2026-10-25T01:00Z',
          '2026-03-08T07:00Z',
          '2026-11-01T06:00Z',
          '2026-04-04T15:00Z',
        ),
        fc.integer({ min: -7_200_000, max: 7_200_000 }),
      )
      .map(([transition, offset]) => Date.parse(transition) + offset),
  )

  test('the next slot is the first one, and `between` agrees with it', () => {
    fc.assert(
      fc.property(
        anExpression,
        aZone,
        aTime,
        fc.integer({ min: 0, max: 250 }),
        (expression, timezone, after, steps) => {
          const { next, between } = cronSlots(expression, { timezone, domAndDow: false })
          const slots: number[] = []
          for (let slot = next(after); slot !== undefined && slots.length <= steps; slot = next(slot)) {
            expect(slot).toBeGreaterThan(slots.at(-1) ?? after)
            slots.push(slot)
          }
          const last = slots.at(-1)
          if (last === undefined) return
          const most = 5
          const newest = slots.slice(-most)
          const count = Math.min(slots.length, 200)
          expect(between(after, last, most)).toEqual({ count, more: slots.length > count, first: slots[0], newest })
          expect(next(last - 1)).toBe(last)
          expect(between(last, last, most)).toBeUndefined()
          expect(between(last - 1, last, most)).toEqual({ count: 1, more: false, first: last, newest: [last] })
        },
      ),
      { numRuns: 150 },
    )
  })

  test('a later time has no earlier next slot', () => {
    fc.assert(
      fc.property(
        anExpression,
        aZone,
        aTime,
        fc.integer({ min: 0, max: 90_000_000 }),
        (expression, timezone, a, later) => {
          const { next } = cronSlots(expression, { timezone, domAndDow: false })
          expect(next(a + later) ?? Infinity).toBeGreaterThanOrEqual(next(a) ?? Infinity)
        },
      ),
      { numRuns: 500 },
    )
  })
})
