import { type FakeClock, fakeClock } from '@pipe/testing'
import fc from 'fast-check'
import { beforeEach, describe, expect, test } from 'vitest'
import { Bucket } from '../src/bucket.ts'

let clock: FakeClock
let served: string[]
beforeEach(() => {
  clock = fakeClock()
  served = []
})

const { signal } = new AbortController()
const bucketOf = (interval: number, burst = 1) => new Bucket({ interval, burst }, clock)
const come = (bucket: Bucket, name: string, its = signal) => bucket.use(() => void served.push(name), its)

describe('a permit', () => {
  test('that is there is taken at once, without a promise', () => {
    expect(bucketOf(100).use(() => 'done', signal)).toBe('done')
    expect(clock.timers).toBe(0)
  })

  test('that is not there is waited for, first come, first served', async () => {
    const bucket = bucketOf(100, 2)
    for (const name of ['a', 'b', 'c', 'd']) void come(bucket, name)
    expect([served, bucket.waiting, bucket.delay]).toEqual([['a', 'b'], 2, 300])
    await clock.advance(99)
    expect(served).toEqual(['a', 'b'])
    await clock.advance(1)
    expect(served).toEqual(['a', 'b', 'c'])
    await clock.advance(100)
    expect(served).toEqual(['a', 'b', 'c', 'd'])
    expect(clock.timers).toBe(0)
  })

  test('is not taken by who comes in the turn in which it is another’s', async () => {
    const bucket = bucketOf(100)
    void come(bucket, 'a')
    void bucket.use(() => come(bucket, 'c'), signal)
    void come(bucket, 'b')
    await clock.advance('1s')
    expect(served).toEqual(['a', 'b', 'c'])
  })

  test('comes back while nobody asks, but no more of them than the burst', async () => {
    const bucket = bucketOf(100, 3)
    await clock.advance('1h')
    for (const name of ['a', 'b', 'c', 'd']) void come(bucket, name)
    expect(served).toEqual(['a', 'b', 'c'])
    await clock.advance('1s')
  })

  test('may be longer away than a timer can wait', async () => {
    const bucket = bucketOf(30 * 24 * 3_600_000)
    void come(bucket, 'a')
    void come(bucket, 'b')
    await clock.advance('29d')
    expect(served).toEqual(['a'])
    await clock.advance('1d')
    expect(served).toEqual(['a', 'b'])
  })

  test('is not lost with work that throws, which is passed on', async () => {
    const bucket = bucketOf(100)
    const boom = new Error('boom')
    const fail = () => {
      throw boom
    }
    expect(() => bucket.use(fail, signal)).toThrow(boom)
    const waited = expect(bucket.use(fail, signal)).rejects.toBe(boom)
    void come(bucket, 'c')
    await clock.advance(200)
    await waited
    expect(served).toEqual(['c'])
  })
})

describe('an abort', () => {
  test('ends the wait at once, with its reason; who is behind moves up', async () => {
    const bucket = bucketOf(100)
    const enough = new Error('enough')
    const leaving = new AbortController()
    void come(bucket, 'a')
    const left = expect(come(bucket, 'b', leaving.signal)).rejects.toBe(enough)
    void come(bucket, 'c')
    await clock.advance(50)
    leaving.abort(enough)
    await left
    expect(bucket.waiting).toBe(1)
    await clock.advance(50)
    expect(served).toEqual(['a', 'c'])
  })

  test('of the only one that waits leaves no timer', async () => {
    const bucket = bucketOf(100)
    const leaving = new AbortController()
    void come(bucket, 'a')
    const left = expect(come(bucket, 'b', leaving.signal)).rejects.toThrow('aborted')
    leaving.abort()
    await left
    expect(clock.timers).toBe(0)
  })

  test('before the wait takes no permit', () => {
    const bucket = bucketOf(100)
    expect(() => come(bucket, 'a', AbortSignal.abort(new Error('enough')))).toThrow('enough')
    void come(bucket, 'b')
    expect(served).toEqual(['b'])
  })

  test('by work that was let in a moment before does not cost the next one its permit', async () => {
    const bucket = bucketOf(100, 2)
    const leaving = new AbortController()
    void come(bucket, 'a')
    void come(bucket, 'b')
    void bucket.use(() => leaving.abort(new Error('enough')), signal)
    const left = expect(come(bucket, 'd', leaving.signal)).rejects.toThrow('enough')
    void come(bucket, 'e')
    await clock.advance(200)
    await left
    expect(served).toEqual(['a', 'b', 'e'])
  })
})

test('whoever comes and leaves when: those who stay are served in order, each as early as the rate allows', async () => {
  const visitor = fc.record({ at: fc.nat(3_000), leaves: fc.option(fc.nat(1_000)) })
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 300 }),
      fc.integer({ min: 1, max: 5 }),
      fc.array(visitor, { minLength: 1, maxLength: 25 }),
      async (interval, burst, visitors) => {
        clock = fakeClock()
        const bucket = bucketOf(interval, burst)
        const began = clock.monotonic()
        const enters: { readonly index: number; readonly time: number }[] = []
        visitors.sort((a, b) => a.at - b.at)
        visitors.forEach(({ at, leaves }, index) => {
          const own = new AbortController()
          const enter = () => void enters.push({ index, time: clock.monotonic() - began })
          clock.setTimeout(() => void Promise.resolve(bucket.use(enter, own.signal)).catch(() => undefined), at)
          if (leaves !== null) clock.setTimeout(() => own.abort(), at + leaves)
        })
        await clock.advance('1d')

        const order = enters.map(({ index }) => index)
        expect(order).toEqual(order.toSorted((a, b) => a - b))
        const stayed = visitors.flatMap(({ leaves }, index) => (leaves === null ? [index] : []))
        expect(order).toEqual(expect.arrayContaining(stayed))

        // The permits that are missing, at the end of each visit, are those taken less those that came back.
        let [missing, at] = [0, 0]
        for (const { index, time } of enters) {
          const missingAt = (when: number) => Math.max(0, missing - (when - at) / interval)
          const arrived = Math.max(visitors[index]?.at ?? 0, at)
          const patience = Math.max(0, missingAt(arrived) + 1 - burst) * interval
          expect(time).toBeCloseTo(arrived + patience)
          missing = missingAt(time) + 1
          at = time
        }
        expect([bucket.waiting, clock.timers]).toEqual([0, 0])
      },
    ),
  )
})
