import { createPipe, pipeline, PipelineError } from '@pipe/core'
import { describe, expect, test, vi } from 'vitest'
import { fakeClock } from '../src/index.ts'

describe('a fake clock', () => {
  test('begins with 2026 and stands still', async () => {
    const clock = fakeClock()
    const before = [clock.now(), clock.monotonic()]
    await new Promise((resolve) => setTimeout(resolve, 5))
    expect([clock.now(), clock.monotonic()]).toEqual(before)
    expect(new Date(clock.now()).toISOString()).toBe('2026-01-01T00:00:00.000Z')
  })

  test('begins when it is told to', () => {
    expect(fakeClock({ start: 42 }).now()).toBe(42)
  })

  test('moves both of its times', async () => {
    const clock = fakeClock({ start: 0 })
    const mono = clock.monotonic()
    await clock.advance('1.5s')
    expect([clock.now(), clock.monotonic() - mono]).toEqual([1_500, 1_500])
  })

  test('is set, forwards and back, and only its wall clock', async () => {
    const clock = fakeClock({ start: 0 })
    const mono = clock.monotonic()
    const fired = vi.fn()
    clock.setTimeout(fired, 100)
    clock.adjust(3_600_000)
    expect([clock.now(), clock.monotonic() - mono, clock.next]).toEqual([3_600_000, 0, 100])
    clock.adjust(-7_200_000)
    await clock.advance(99)
    expect(fired).not.toHaveBeenCalled()
    await clock.advance(1)
    expect(fired).toHaveBeenCalledTimes(1)
    expect([clock.now(), clock.monotonic() - mono]).toEqual([-3_599_900, 100])
    expect(() => clock.adjust(NaN)).toThrow(expect.objectContaining({ code: 'OPTION_INVALID' }) as Error)
  })

  test('fires timers when they are due, in order, at their time', async () => {
    const clock = fakeClock({ start: 0 })
    const fired: [string, number][] = []
    const timer = (name: string, ms: number) => clock.setTimeout(() => fired.push([name, clock.now()]), ms)
    timer('third', 300)
    timer('first', 100)
    timer('second', 100)
    await clock.advance(299)
    expect(fired).toEqual([
      ['first', 100],
      ['second', 100],
    ])
    await clock.advance(1)
    expect(fired).toHaveLength(3)
    expect(clock.timers).toBe(0)
  })

  test('forgets a timer that is cleared, and ignores one that has fired', async () => {
    const clock = fakeClock()
    const callback = vi.fn()
    const handle = clock.setTimeout(callback, 10)
    clock.clearTimeout(handle)
    expect(clock.timers).toBe(0)
    await clock.advance('1h')
    clock.clearTimeout(handle)
    expect(callback).not.toHaveBeenCalled()
  })

  test('fires timers that timers start, in the same advance', async () => {
    const clock = fakeClock({ start: 0 })
    let ticks = 0
    const tick = () => {
      ticks++
      clock.setTimeout(tick, 10)
    }
    tick()
    await clock.advance(100)
    expect(ticks).toBe(11)
  })

  test('lets promises settle between timers, and before it returns', async () => {
    const clock = fakeClock({ start: 0 })
    const sleep = (ms: number) => new Promise<void>((resolve) => clock.setTimeout(resolve, ms))
    const work = (async () => {
      for (let i = 0; i < 3; i++) await sleep(10)
      for (let i = 0; i < 100; i++) await Promise.resolve()
      return clock.now()
    })()
    const done = vi.fn()
    void work.then(done)
    await clock.advance(50)
    expect(done).toHaveBeenCalledWith(30)
  })

  test('goes on to the next timer', async () => {
    const clock = fakeClock()
    clock.setTimeout(() => undefined, 70)
    clock.setTimeout(() => undefined, 30)
    expect(clock.next).toBe(30)
    expect([await clock.advanceToNext(), await clock.advanceToNext(), await clock.advanceToNext()]).toEqual([
      30,
      40,
      undefined,
    ])
  })

  test.each([-5, NaN])('takes a timer of %d ms as one that is due', async (ms) => {
    const clock = fakeClock()
    const callback = vi.fn()
    clock.setTimeout(callback, ms)
    await clock.advance(0)
    expect(callback).toHaveBeenCalledOnce()
  })

  test('refuses to go back', async () => {
    await expect(fakeClock().advance(-1)).rejects.toBeInstanceOf(PipelineError)
  })

  test('is the time of a pipe', async () => {
    const clock = fakeClock()
    const sleepy = pipeline('p', (p) =>
      p.step('a', { run: () => new Promise<string>((resolve) => clock.setTimeout(() => resolve('done'), 60_000)) }),
    )
    const { result } = createPipe({ clock }).start(sleepy)
    await clock.advance('1m')
    expect(await result).toMatchObject({ output: 'done', durationMs: 60_000, startedAt: Date.UTC(2026, 0, 1) })
  })
})
