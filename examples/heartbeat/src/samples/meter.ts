import { loadavg } from 'node:os'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { Meter } from './sample.ts'

/** How often the event loop is looked at, ms. */
const RESOLUTION = 10

/** Measures this process, until it is disposed. */
export function startMeter(): Meter & Disposable {
  const delays = monitorEventLoopDelay({ resolution: RESOLUTION })
  delays.enable()
  return {
    read: () => {
      // What it has measured is the time from look to look.
      const delayMs = Math.max(0, delays.max / 1e6 - RESOLUTION)
      delays.reset()
      const [load = 0] = loadavg()
      return {
        pid: process.pid,
        delayMs: round(delayMs, 100),
        memoryMb: round(process.memoryUsage.rss() / 2 ** 20, 10),
        load: round(load, 100),
      }
    },
    [Symbol.dispose]: () => void delays.disable(),
  }
}

const round = (value: number, parts: number) => Math.round(value * parts) / parts
