import { describe, expect, it } from 'vitest'
import { cleanDays } from '../../src/days/clean-days.ts'
import type { Day } from '../../src/days/day.ts'

const day = (date: string, rest: Partial<Day> = {}): Day => ({
  ...{ date, precipitation: 1, high: 10, low: 5, wind: 2, sky: 'rain' },
  ...rest,
})

describe('cleaning', () => {
  it('sorts the days', () => {
    const { days } = cleanDays([day('2012-01-02'), day('2012-01-01')])
    expect(days.map(({ date }) => date)).toEqual(['2012-01-01', '2012-01-02'])
  })

  it('keeps the last of the rows of one day, and counts the others', () => {
    const clean = cleanDays([day('2012-01-01', { high: 11 }), day('2012-01-01', { high: 12 })])
    expect(clean).toEqual({ days: [day('2012-01-01', { high: 12 })], repeated: 1, impossible: 0, traces: 0 })
  })

  it('leaves out days whose highest temperature is below their lowest', () => {
    const clean = cleanDays([day('2012-01-01', { high: 4 }), day('2012-01-02', { high: 5 })])
    expect(clean).toEqual({ days: [day('2012-01-02', { high: 5 })], repeated: 0, impossible: 1, traces: 0 })
  })

  it('calls rain that cannot be measured drizzle', () => {
    const { days, traces } = cleanDays([day('2012-01-01', { precipitation: 0 }), day('2012-01-02')])
    expect(days.map(({ sky }) => sky)).toEqual(['drizzle', 'rain'])
    expect(traces).toBe(1)
  })
})
