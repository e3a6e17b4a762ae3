import { type Pipeline, type Run, service, type StartOptions } from '@pipe/core'
import type { FakeClock } from '@pipe/testing'

/** The time of the steps: that of their pipe. */
export const Time = service<FakeClock>()('time')

/** What the pipelines of scenarios require. */
export interface Requires {
  readonly time: FakeClock
}

/** A pipeline, and what is done with its run. */
export interface Scenario {
  readonly name: string
  readonly pipeline: Pipeline<void, unknown, Requires>
  readonly options?: Pick<StartOptions, 'concurrency' | 'failure' | 'grace' | 'tags' | 'timeout'>
  /** What happens until time simply goes on. Default: nothing. */
  readonly act?: (run: Run<unknown>, clock: FakeClock) => Promise<void>
}

/** Resolves after a time; an abort rejects it at once. */
export function after(ms: number, clock: FakeClock, signal: AbortSignal): Promise<undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<undefined>()
  const end = () => {
    clock.clearTimeout(timer)
    signal.removeEventListener('abort', end)
    if (signal.aborted) reject(signal.reason as Error)
    else resolve(undefined)
  }
  const timer = clock.setTimeout(end, ms)
  signal.addEventListener('abort', end)
  return promise
}

/** Resolves after a time, whatever anybody wants. */
export const deafly = (ms: number, clock: FakeClock) =>
  new Promise<void>((resolve) => void clock.setTimeout(resolve, ms))
