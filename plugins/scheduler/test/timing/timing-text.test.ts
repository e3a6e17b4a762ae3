import { describe, expect, test } from 'vitest'
import { textOf, whenOf } from '../../src/timing/timing-text.ts'

describe('a timing is kept as text', () => {
  test('that is the same for anchors that are whole intervals apart, before the epoch too', () => {
    const text = textOf({ every: '10s', anchor: 5_000 })
    expect(textOf({ every: 10_000, anchor: -5_000 })).toBe(text)
    expect(textOf({ every: '10s', anchor: new Date(65_000) })).toBe(text)
    expect(textOf({ every: '10s' })).not.toBe(text)
  })

  test('that says when it fires', () => {
    const when = whenOf(textOf({ every: '10s', anchor: -5_000 }))
    expect(when?.kind === 'slots' && when.slots.next(0)).toBe(5_000)
  })

  test.each(['', '{}', '{"sunrise":true}'])('of which %o says nothing', (text) => {
    expect(whenOf(text)).toBeUndefined()
  })
})
