import { describe, expect, it } from 'vitest'
import type { Day } from '../../src/days/day.ts'
import { isHot, spellsOf } from '../../src/days/spells.ts'

const days = (highs: Readonly<Record<string, number>>): Day[] =>
  Object.entries(highs).map(([date, high]) => ({ date, precipitation: 0, high, low: 10, wind: 2, sky: 'sun' }))

describe('spells', () => {
  it('are days in a row, also from one month to the next', () => {
    const hot = days({ '2015-07-30': 29.9, '2015-07-31': 30, '2015-08-01': 31, '2015-08-02': 32, '2015-08-03': 20 })
    expect(spellsOf(hot, isHot, 3)).toEqual([{ from: '2015-07-31', to: '2015-08-02', days: 3 }])
  })

  it('that are shorter than asked for do not count', () => {
    expect(spellsOf(days({ '2015-07-01': 31, '2015-07-02': 31 }), isHot, 3)).toEqual([])
  })

  it('end with a day that is missing', () => {
    const hot = days({ '2015-07-01': 31, '2015-07-02': 31, '2015-07-04': 31 })
    expect(spellsOf(hot, isHot, 1)).toEqual([
      { from: '2015-07-01', to: '2015-07-02', days: 2 },
      { from: '2015-07-04', to: '2015-07-04', days: 1 },
    ])
  })
})
