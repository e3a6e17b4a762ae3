import { type Clock, createPipe, pipeline } from '@pipe/core'
import { fakeClock, type FakeClock } from '@pipe/testing'
import { describe, expect, test } from 'vitest'
import { createExecution } from '../../src/index.ts'
import { patrolling } from './support/patrol.ts'

/** Ticks that take as long as `lasts` says, in ms of the clock; and when each of them began. */
function timed(clock: FakeClock, lasts: (tick: number) => number) {
  const begin = clock.now()
  const began: number[] = []
  const definition = pipeline('timed', (p) =>
    p.step('work', {
      run: async (_, { signal }) => {
        began.push(clock.now() - begin)
        const ms = lasts(began.length)
        if (ms === 0) return
        await new Promise<void>((resolve) => {
          const timer = clock.setTimeout(resolve, ms)
          const stop = () => {
            clock.clearTimeout(timer)
            resolve()
          }
          signal.addEventListener('abort', stop, { once: true })
        })
      },
    }),
  )
  return { began, execution: createExecution(createPipe({ clock }), definition, undefined, { clock }) }
}

/** The same clock, with timers of another kind. */
const withTimers = ({ now, monotonic, clearTimeout }: FakeClock, setTimeout: Clock['setTimeout']): Clock => ({
  now,
  monotonic,
  clearTimeout,
  setTimeout,
})

const every = (interval: number) => ({ mode: 'interval', interval, stopOnTerminal: false }) as const

describe('an interval', () => {
  test('has its first tick at once, and the others at multiples of it from then on (S5.7)', async () => {
    const clock = fakeClock()
    const { began, execution } = timed(clock, () => 30)
    execution.start(every(50))
    await clock.advance(475)
    expect(began).toEqual([0, 50, 100, 150, 200, 250, 300, 350, 400, 450])
    expect(execution.status).toMatchObject({ ticksExecuted: 10, skippedTicks: 0 })
    await execution.delete()
    expect(clock.timers).toBe(0)
  })

  test('leaves out the slots that pass during a tick, and counts them', async () => {
    const clock = fakeClock()
    const { began, execution } = timed(clock, (tick) => (tick === 2 ? 230 : 10))
    execution.start(every(100))
    await clock.advance(650)
    // The second tick ends at 330: the slots at 200 and 300 have passed.
    expect(began).toEqual([0, 100, 400, 500, 600])
    expect(execution.status).toMatchObject({ ticksExecuted: 5, skippedTicks: 2 })
    await execution.delete()
  })

  test('takes the slot that is due just when a tick ends', async () => {
    const clock = fakeClock()
    const { began, execution } = timed(clock, () => 100)
    execution.start(every(100))
    await clock.advance(350)
    expect(began).toEqual([0, 100, 200, 300])
    expect(execution.status.skippedTicks).toBe(0)
    await execution.delete()
  })

  test('does not drift, whatever timers and ticks take', async () => {
    const clock = fakeClock()
    // Timers that fire late, as those of a machine do.
    const late = withTimers(clock, (callback, ms) => clock.setTimeout(callback, ms + 3))
    const begin = clock.now()
    const began: number[] = []
    const execution = patrolling({ clock: late })
    execution.events.on('tick:start', ({ at }) => began.push(at - begin))
    execution.start(every(50))
    await clock.advance(5_000)
    expect(began).toHaveLength(100)
    expect(began.map((at) => at % 50).every((over, i) => over === (i === 0 ? 0 : 3))).toBe(true)
    expect(execution.status.skippedTicks).toBe(0)
    await execution.delete()
  })

  test('with a fixed delay counts from the end of each tick', async () => {
    const clock = fakeClock()
    const { began, execution } = timed(clock, (tick) => (tick === 2 ? 230 : 10))
    execution.start({ ...every(100), fixedDelay: true })
    await clock.advance(700)
    expect(began).toEqual([0, 110, 440, 550, 660])
    expect(execution.status.skippedTicks).toBe(0)
    await execution.delete()
  })

  test('goes on at its next slot after a pause; what passed meanwhile was not late', async () => {
    const clock = fakeClock()
    const { began, execution } = timed(clock, () => 0)
    execution.start(every(100))
    await clock.advance(150)
    execution.pause()
    expect(clock.timers).toBe(0)
    await clock.advance(300)
    expect(began).toEqual([0, 100])
    execution.resume()
    await clock.advance(200)
    expect(began).toEqual([0, 100, 500, 600])
    expect(execution.status).toMatchObject({ ticksExecuted: 4, skippedTicks: 0 })
    await execution.delete()
  })

  test('that is paused and resumed between two slots loses none', async () => {
    const clock = fakeClock()
    const { began, execution } = timed(clock, () => 20)
    execution.start(every(100))
    await clock.advance(110)
    execution.pause()
    execution.resume()
    await clock.advance(100)
    execution.pause()
    await clock.advance(5)
    execution.resume()
    await clock.advance(100)
    expect(began).toEqual([0, 100, 200, 300])
    await execution.delete()
  })

  test.each([
    ['at once', 220, 0],
    ['a moment later', 50, 10],
    ['before the tick has ended', 50, 270],
  ])('counts what passed during a tick, also when it is paused meanwhile and resumed %s', async (_, at, pause) => {
    const clock = fakeClock()
    const { began, execution } = timed(clock, (tick) => (tick === 1 ? 330 : 10))
    execution.start(every(100))
    await clock.advance(at)
    execution.pause()
    await clock.advance(pause)
    execution.resume()
    await clock.advance(650 - at - pause)
    expect(began).toEqual([0, 400, 500, 600])
    expect(execution.status).toMatchObject({ ticksExecuted: 4, skippedTicks: 3 })
    await execution.delete()
  })

  test('does not count what passed of a pause after the end of the tick', async () => {
    const clock = fakeClock()
    const { began, execution } = timed(clock, (tick) => (tick === 1 ? 330 : 10))
    execution.start(every(100))
    await clock.advance(50)
    execution.pause()
    await clock.advance(500)
    execution.resume()
    await clock.advance(100)
    expect(began).toEqual([0, 600])
    expect(execution.status).toMatchObject({ ticksExecuted: 2, skippedTicks: 3 })
    await execution.delete()
  })

  test('does not tick for a slot that a pause has left out, while it waits for a tick by hand', async () => {
    const clock = fakeClock()
    const { began, execution } = timed(clock, (tick) => (tick === 2 ? 80 : 0))
    execution.start(every(100))
    await clock.advance(50)
    execution.pause()
    const byHand = execution.tick()
    await clock.advance(10)
    execution.resume()
    await clock.advance(50) // the slot at 100 waits until 130
    execution.pause()
    execution.resume()
    await clock.advance(240)
    await byHand
    expect(began).toEqual([0, 50, 200, 300])
    expect(execution.status).toMatchObject({ ticksExecuted: 3, skippedTicks: 0 })
    await execution.delete()
  })

  test('stops at once, in the middle of a sleep too, and leaves no timer', async () => {
    const clock = fakeClock()
    const { began, execution } = timed(clock, () => 0)
    execution.start({ mode: 'interval', interval: '1h', stopOnTerminal: false })
    await clock.advance(1)
    expect(clock.timers).toBe(1)
    expect(await execution.stop()).toMatchObject({ state: 'stopped', ticksExecuted: 1 })
    expect(clock.timers).toBe(0)
    await clock.advance('3h')
    expect(began).toEqual([0])
    await execution.delete()
  })

  test('may be longer than a timer of the platform', async () => {
    const clock = fakeClock()
    const asked: number[] = []
    const watched = withTimers(clock, (callback, ms) => {
      asked.push(ms)
      return clock.setTimeout(callback, ms)
    })
    const execution = patrolling({ clock: watched })
    execution.start({ mode: 'interval', interval: '60d', maxTicks: 3, stopOnTerminal: false })
    await clock.advance('119d')
    expect(execution.status.ticksExecuted).toBe(2)
    await clock.advance('1d')
    expect(await execution.done).toMatchObject({ ticksExecuted: 3, skippedTicks: 0 })
    expect(Math.max(...asked)).toBe(2 ** 31 - 1)
    await execution.delete()
  })

  test('is measured by the monotonic clock: setting the other one changes nothing', async () => {
    const clock = fakeClock()
    const execution = patrolling({ clock })
    execution.start(every(100))
    await clock.advance(150)
    clock.adjust(-86_400_000)
    await clock.advance(100)
    expect(execution.status).toMatchObject({ ticksExecuted: 3, skippedTicks: 0 })
    await execution.delete()
  })

  test('of a real clock does what it says (S5.7)', async () => {
    const execution = patrolling()
    const begin = performance.now()
    execution.start({ mode: 'interval', interval: 20, maxTicks: 5, stopOnTerminal: false })
    expect(await execution.done).toMatchObject({ ticksExecuted: 5 })
    expect(performance.now() - begin).toBeGreaterThanOrEqual(79)
    await execution.delete()
  })
})
