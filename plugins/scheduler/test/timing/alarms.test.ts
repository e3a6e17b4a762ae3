import { fakeClock } from '@pipe/testing'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Alarms } from '../../src/timing/alarms.ts'

const HOUR = 3_600_000

let clock = fakeClock()
let rung: string[] = []
let errors: [error: unknown, key: string][] = []
let alarms = new Alarms(clock, () => undefined)

beforeEach(() => {
  clock = fakeClock()
  rung = []
  errors = []
  alarms = new Alarms(clock, (error, key) => errors.push([error, key]))
})
afterEach(() => {
  alarms.close()
  expect(clock.timers).toBe(0)
})

/** Sets an alarm so many ms from now, that writes down its key, or whatever it is to do. */
function set(key: string, ms: number, callback: () => void = () => rung.push(key)): void {
  alarms.set(key, clock.now() + ms, callback)
}

describe('an alarm', () => {
  test('rings once, at its time', async () => {
    set('a', 1_000)
    await clock.advance(999)
    expect([rung, alarms.size]).toEqual([[], 1])
    await clock.advance(1)
    expect([rung, alarms.size, clock.timers]).toEqual([['a'], 0, 0])
    await clock.advance('1h')
    expect(rung).toEqual(['a'])
  })

  test('never rings while it is set, also when its time has passed', async () => {
    set('past', -HOUR)
    set('now', 0)
    expect(rung).toEqual([])
    await clock.advance(0)
    expect(rung).toEqual(['past', 'now'])
  })

  test('is replaced by one of the same key, sooner or later', async () => {
    set('a', 1_000, () => rung.push('old'))
    set('a', 2_000)
    set('b', 2_000, () => rung.push('old'))
    set('b', 1_000)
    expect(alarms.size).toBe(2)
    await clock.advance(1_999)
    expect(rung).toEqual(['b'])
    await clock.advance(1)
    expect(rung).toEqual(['b', 'a'])
  })

  test('is forgotten when it is cleared', async () => {
    set('a', 1_000)
    set('b', 2_000)
    alarms.clear('a')
    alarms.clear('unknown')
    expect(alarms.size).toBe(1)
    await clock.advance('1m')
    expect(rung).toEqual(['b'])
  })

  test('rings months later, beyond what a platform timer can wait', async () => {
    set('a', 2 ** 31)
    await clock.advance('30s')
    clock.adjust(2 ** 31 - 30_001)
    await clock.advance('30s')
    expect(rung).toEqual(['a'])
  })
})

describe('alarms that are due together', () => {
  test('ring in the order of their times, then in that of being set', async () => {
    set('d', 30)
    set('b', 20)
    set('c', 20)
    set('a', 10)
    set('b', 20)
    clock.adjust(HOUR)
    await clock.advance(10)
    expect(rung).toEqual(['a', 'c', 'b', 'd'])
  })

  test('ring all the same when one throws', async () => {
    const broken = new Error('broken')
    set('a', 1)
    set('b', 1, () => {
      throw broken
    })
    set('c', 1)
    await clock.advance(1)
    expect(rung).toEqual(['a', 'c'])
    expect(errors).toEqual([[broken, 'b']])
  })

  test('may clear and replace each other', async () => {
    set('a', 1, () => {
      alarms.clear('b')
      set('c', 5)
      set('a', 5)
    })
    set('b', 1)
    set('c', 1)
    set('d', 1)
    await clock.advance(1)
    expect([rung, alarms.size]).toEqual([['d'], 2])
    await clock.advance(5)
    expect(rung).toEqual(['d', 'c', 'a'])
  })

  test('ring in turns of a hundred, so that other work comes in between', async () => {
    for (let i = 0; i < 250; i++) set(`${i}`, 0)
    const rungBefore: number[] = []
    const other = () => {
      rungBefore.push(rung.length)
      if (alarms.size > 0) clock.setTimeout(other, 0)
    }
    clock.setTimeout(other, 0)
    await clock.advance(0)
    expect(rungBefore).toEqual([100, 200, 250])
    expect(rung).toEqual(Array.from({ length: 250 }, (_, i) => `${i}`))
  })

  test('are kept waiting by none that sets itself again and again, to be due at once', async () => {
    let left = 100
    const again = () => {
      rung.push('again')
      if (left-- > 0) set('again', -HOUR, again)
    }
    set('again', -HOUR, again)
    for (let i = 0; i < 150; i++) set(`${i}`, 0, () => undefined)
    set('last', 0)
    await clock.advance(0)
    expect(rung.indexOf('last')).toBe(2)
  })
})

describe('the timer', () => {
  test('is one for ten thousand alarms, and none without any', async () => {
    for (let i = 0; i < 10_000; i++) set(`${i}`, 10_000 - i)
    expect([alarms.size, clock.timers, clock.next]).toEqual([10_000, 1, 1])
    for (let i = 0; i < 10_000; i++) if (i !== 5_000) alarms.clear(`${i}`)
    expect([alarms.size, clock.timers, clock.next]).toEqual([1, 1, 5_000])
    alarms.clear('5000')
    expect([alarms.size, clock.timers]).toEqual([0, 0])
    await clock.advance('1m')
    expect(rung).toEqual([])
  })

  test('sleeps for 30 s at most', async () => {
    set('a', HOUR)
    expect(clock.next).toBe(30_000)
    await clock.advance(HOUR - 10_000)
    expect(clock.next).toBe(10_000)
    await clock.advance(10_000)
    expect(rung).toEqual(['a'])
  })
})

describe('when the wall clock is set', () => {
  test('forwards, what is due by then comes within 30 s', async () => {
    set('a', HOUR)
    set('b', 2 * HOUR)
    clock.adjust(1.5 * HOUR)
    await clock.advance(29_999)
    expect(rung).toEqual([])
    await clock.advance(1)
    expect(rung).toEqual(['a'])
  })

  test('back, it waits for its time again', async () => {
    set('a', 10_000)
    await clock.advance(5_000)
    clock.adjust(-HOUR)
    await clock.advance(HOUR + 4_999)
    expect(rung).toEqual([])
    await clock.advance(1)
    expect(rung).toEqual(['a'])
  })
})

describe('close', () => {
  test('forgets everything, for ever', async () => {
    set('a', 1)
    alarms.close()
    set('b', 1)
    alarms.clear('b')
    expect([alarms.size, clock.timers]).toEqual([0, 0])
    await clock.advance('1h')
    expect(rung).toEqual([])
  })

  test('also what is due in the same turn', async () => {
    set('a', 1, () => alarms.close())
    set('b', 1)
    await clock.advance(1)
    expect([rung, clock.timers]).toEqual([[], 0])
  })
})
