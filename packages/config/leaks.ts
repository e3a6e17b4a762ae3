// A vitest setup file, for Node and browsers alike: a test that leaves a timer ticking fails, with the line that started it.
import { afterEach, beforeEach, expect, vi } from 'vitest'

/** The timers that tick, each with the line that started it; and the way to wait a turn without being counted. */
interface Watch {
  readonly ticking: Map<unknown, string>
  readonly nextTurn: () => Promise<void>
}

// One watch a thread: it may run many test files.
const { ticking, nextTurn } = ((globalThis as { pipeTimers?: Watch }).pipeTimers ??= watch())
let running = 0

function watch(): Watch {
  const ticking = new Map<unknown, string>()
  const untouched = setTimeout
  const origin = (stack: string) =>
    stack
      .split('\n')
      .find((line) => /\/(src|test)\//.test(line))
      ?.trim() ?? 'somewhere'
  for (const [set, clear] of [
    ['setTimeout', 'clearTimeout'],
    ['setInterval', 'clearInterval'],
  ] as const) {
    const [start, stop] = [globalThis[set], globalThis[clear]]
    const watched = (callback: (...values: unknown[]) => void, milliseconds?: number, ...values: unknown[]) => {
      const timer = start(() => {
        if (set === 'setTimeout') ticking.delete(timer)
        callback(...values)
      }, milliseconds)
      const { stack = '' } = new Error()
      // PGlite: PostgreSQL does not take an alarm back that it no longer needs.
      if (!stack.includes('__setitimer_js')) ticking.set(timer, origin(stack))
      return timer
    }
    globalThis[set] = Object.assign(watched, start) as typeof setTimeout & typeof setInterval
    globalThis[clear] = (timer) => {
      ticking.delete(timer)
      stop(timer)
    }
  }
  return { ticking, nextTurn: () => new Promise((resolve) => untouched(resolve, 0)) }
}

beforeEach(() => {
  if (running++ === 0) ticking.clear()
})

afterEach(async () => {
  // Tests that run at the same time answer for one another: the last of them looks.
  if (--running > 0) return
  await nextTurn()
  if (vi.isFakeTimers()) expect.soft(vi.getTimerCount(), 'fake timers left ticking').toBe(0)
  expect([...ticking.values()], 'timers left ticking').toEqual([])
})
