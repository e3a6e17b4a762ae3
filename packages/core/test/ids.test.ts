import { uuidv7 } from '@pipe/core'
import { describe, expect, test, vi } from 'vitest'

describe('a UUID version 7', () => {
  test('has the layout of RFC 9562, whatever the random bits are', () => {
    for (const byte of [0x00, 0xff, 0x5a]) {
      vi.spyOn(crypto, 'getRandomValues').mockImplementation((array) => {
        ;(array as unknown as Uint8Array).fill(byte)
        return array
      })
      expect(uuidv7(0)).toMatch(/^00000000-0000-7[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/)
    }
  })

  test('begins with the time', () => {
    expect(uuidv7(0x0123_4567_89ab)).toMatch(/^01234567-89ab-7/)
    expect(uuidv7(2 ** 48 - 1)).toMatch(/^ffffffff-ffff-7/)
  })

  test('sorts by the time it was made', () => {
    const times = [0, 1, 255, 256, 65_536, 2 ** 32, Date.UTC(2026, 0, 1), Date.UTC(2026, 0, 1) + 1]
    const ids = times.map((time) => uuidv7(time))
    expect(ids.toSorted()).toEqual(ids)
  })

  test('takes the time of this machine by default', () => {
    vi.spyOn(Date, 'now').mockReturnValue(0x0123_4567_89ab)
    expect(uuidv7()).toMatch(/^01234567-89ab-7/)
  })

  test('is another one each time', () => {
    expect(new Set(Array.from({ length: 1_000 }, () => uuidv7(0))).size).toBe(1_000)
  })
})
