import { expect, test } from 'vitest'
import { boundOf, endPlaceOf, isPlace, placeOf } from '../src/place.ts'

test('a place is a time and an id, which may have colons', () => {
  expect(placeOf('1795265117491415:a:b')).toEqual({ at: '1795265117491415', id: 'a:b' })
  expect(endPlaceOf('1795265117491415:failed:a:b')).toEqual({ at: '1795265117491415', as: 'failed', id: 'a:b' })
})

test('a bound is as long as the time of a place, for any number of milliseconds', () => {
  expect(boundOf(1_795_265_117_491)).toBe('1795265117491000')
  expect(boundOf(1.5)).toBe('0000000000002000')
  expect(boundOf(-5)).toBe('0000000000000000')
  expect(boundOf(Number.MAX_VALUE)).toBe('9999999999999999')
})

test('knows what is a place', () => {
  expect(isPlace('1795265117491415:a')).toBe(true)
  for (const text of ['', '7', '1795265117491415', '1795265117491415:', 'x795265117491415:a'])
    expect(isPlace(text)).toBe(false)
})
