import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { Turns } from '../src/turns.ts'

let time = 0

/** Goes on for so many ms without giving the event loop back. */
const work = (ms: number) => (time += ms)

beforeEach(() => {
  time = 0
  vi.spyOn(performance, 'now').mockImplementation(() => time)
})
afterEach(() => vi.unstubAllGlobals())

/** Calls back in each turn of the event loop, until it is told to stop. */
function eachTurn(callback: () => void): () => void {
  let goesOn = true
  const next = () => {
    if (!goesOn) return
    callback()
    setImmediate(next)
  }
  setImmediate(next)
  return () => (goesOn = false)
}

describe('turns', () => {
  test('let a caller go on at once within a turn, and wait for the next one after it', async () => {
    const turns = new Turns(5)
    await turns.next()
    await Promise.resolve()
    expect(turns.next()).toBeUndefined()
    work(4)
    await Promise.resolve()
    expect(turns.next()).toBeUndefined()
    work(1)
    let others = 0
    const stop = eachTurn(() => others++)
    await turns.next()
    stop()
    expect(others).toBe(1)
    await Promise.resolve()
    expect(turns.next()).toBeUndefined()
  })

  test('let in one after the other those who ask all at once, also within a turn', async () => {
    const turns = new Turns(5)
    await turns.next()
    const holds: number[] = []
    let last = time
    const stop = eachTurn(() => {
      holds.push(time - last)
      last = time
    })
    await Promise.all(
      Array.from({ length: 50 }, async () => {
        await turns.next()
        work(1)
      }),
    )
    stop()
    expect(Math.max(...holds)).toBeLessThanOrEqual(7)
    expect(holds.length).toBeGreaterThanOrEqual(7)
  })

  test('give the event loop back in time, however many take them, and serve all equally', async () => {
    const turns = new Turns(8)
    const times = new Array<number>(50).fill(0)
    let goesOn = true
    const gaps: number[] = []
    let last = 0
    const stop = eachTurn(() => {
      gaps.push(time - last)
      last = time
      goesOn = gaps.length < 100
    })
    await Promise.all(
      times.map(async (_, i) => {
        while (goesOn) {
          await turns.next()
          await Promise.resolve()
          work(1)
          times[i]!++
        }
      }),
    )
    stop()
    // One who was let in in time does what it came for: two or three have been by then.
    expect(Math.max(...gaps.slice(0, 100))).toBeLessThanOrEqual(11)
    expect(Math.max(...times) - Math.min(...times)).toBeLessThanOrEqual(1)
    expect(Math.min(...times)).toBeGreaterThan(10)
  })

  test('serve in the order in which they were asked for', async () => {
    const turns = new Turns(1)
    const served: number[] = []
    await Promise.all(
      Array.from({ length: 20 }, async (_, i) => {
        await turns.next()
        served.push(i)
        work(0.3)
      }),
    )
    expect(served).toEqual(Array.from({ length: 20 }, (_, i) => i))
  })

  test('need no `setImmediate`', async () => {
    vi.stubGlobal('setImmediate', undefined)
    const turns = new Turns(5)
    await turns.next()
    work(6)
    let fired = false
    setTimeout(() => (fired = true), 0)
    await turns.next()
    expect(fired).toBe(true)
  })
})
