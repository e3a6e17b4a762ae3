import { createPipe, pipeline, type PipeOptions } from '@pipe/core'
import { createScheduler, type SchedulerHooks, type SchedulerOptions } from '@pipe/scheduler'
import { type FakeClock, fakeClock, turn } from '@pipe/testing'

export const START = Date.UTC(2026, 0, 1)
export const [SECOND, MINUTE, HOUR, DAY] = [1_000, 60_000, 3_600_000, 86_400_000]

/** A time, ms after the beginning, as the ids of runs have it. */
export const at = (ms: number) => new Date(START + ms).toISOString()
export const minutes = (...each: number[]) => each.map((one) => at(one * MINUTE))

/** Lets time pass, and what is due at its end come to rest: a store in memory answers within some turns. */
export const passing =
  (clock: FakeClock, turns = 5) =>
  async (ms: number) => {
    await clock.advance(ms)
    for (let i = 0; i < turns; i++) await turn()
  }

/** Runs that end when they are told to, and when they began, ms after the beginning. */
export function work(clock = fakeClock({ start: START })) {
  const begun: string[] = []
  const ends: (() => void)[] = []
  let fails = false
  let waits = false
  const job = pipeline('job', (p) =>
    p.step('step', {
      run: async (_, { runId, signal }) => {
        begun.push(runId.slice(runId.indexOf('@') + 1))
        if (fails) throw new Error('no')
        if (!waits) return
        await new Promise<void>((resolve, reject) => {
          ends.push(resolve)
          signal.addEventListener('abort', () => reject(signal.reason as Error))
        })
      },
    }),
  )
  return {
    clock,
    job,
    begun,
    /** From now on runs go on until they are told to end. */
    hold: () => (waits = true),
    fail: (does = true) => (fails = does),
    end: async () => {
      ends.shift()?.()
      await clock.advance(0)
    },
  }
}

/** A scheduler in memory, and what it tells. */
export function scheduling(clock = fakeClock({ start: START }), options: SchedulerOptions & PipeOptions<object> = {}) {
  const { plugins = [], ...own } = options
  const errors: unknown[] = []
  const pipe = createPipe({ clock, plugins })
  const scheduler = createScheduler(pipe, { clock, onError: (error) => errors.push(error), ...own })
  const told: unknown[] = []
  const listen = (...names: Exclude<keyof SchedulerHooks, `scheduler:${string}`>[]) => {
    for (const name of names) scheduler.events.on(name, (event: object) => void told.push({ what: name, ...event }))
  }
  return { pipe, scheduler, told, listen, errors }
}
