import { createPipe, type Pipe, type Plugin } from '@pipe/core'
import { type FakeClock, fakeClock } from '@pipe/testing'
import { afterEach, beforeEach, vi } from 'vitest'
import { progress, type ProgressOptions } from '../../src/index.ts'

/** Lets no test depend on where the tests run. */
export function inAnyEnvironment(): void {
  beforeEach(() => {
    for (const name of ['CI', 'NO_COLOR', 'FORCE_COLOR']) vi.stubEnv(name, undefined)
    vi.stubEnv('TERM', 'xterm-256color')
  })
  afterEach(() => vi.unstubAllEnvs())
}

/** A pipe that shows its runs, and the clock that it goes by. */
export function stage(options: ProgressOptions, ...plugins: Plugin[]): { pipe: Pipe<object>; clock: FakeClock } {
  const clock = fakeClock()
  return { clock, pipe: createPipe({ plugins: [progress(options), ...plugins], clock }) }
}

/** Something to wait for. */
export const gate = <T = void>(): PromiseWithResolvers<T> => Promise.withResolvers<T>()
