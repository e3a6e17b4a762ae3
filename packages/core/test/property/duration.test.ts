import { type Duration, PipelineError, toMs } from '@pipe/core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { cases, patiently } from './support/runs.ts'

const units = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const
const unit = fc.constantFrom(...(Object.keys(units) as (keyof typeof units)[]))

describe('a duration', patiently, () => {
  test('is its number times its unit', () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(999), unit, (whole, thousandths, name) => {
        expect(toMs(`${whole}${name}`)).toBe(whole * units[name])
        const fraction = Number(`${whole}.${String(thousandths).padStart(3, '0')}`)
        expect(toMs(`${fraction}${name}`)).toBe(fraction * units[name])
      }),
      cases(200),
    )
  })

  test('that is a number is itself, from 0 up', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, noNaN: true }), (ms) => {
        expect(toMs(ms)).toBe(ms)
      }),
      cases(100),
    )
  })

  test('is refused whatever else it is, and never becomes something that is no length of time', () => {
    const nonsense = fc.oneof(
      fc.string(),
      fc.double({ max: -Number.MIN_VALUE }),
      fc.constant(NaN),
      fc.anything(),
      fc.tuple(fc.string(), fc.nat(), unit).map((parts) => parts.join('')),
      fc.tuple(fc.nat(), unit, fc.string()).map((parts) => parts.join('')),
    )
    fc.assert(
      fc.property(nonsense, (value) => {
        let ms: unknown
        try {
          ms = toMs(value as Duration)
        } catch (error) {
          expect(error).toBeInstanceOf(PipelineError)
          expect(error).toHaveProperty('code', 'OPTION_INVALID')
          return
        }
        expect(typeof value === 'number' || typeof value === 'string').toBe(true)
        expect(ms).toBeGreaterThanOrEqual(0)
      }),
      cases(500),
    )
  })
})
