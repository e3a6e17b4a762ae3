import type { Clock, UndoMiddleware } from '@pipe/core'
import type { Delay } from './delay.ts'

/** Calls an undo that failed again, after the delays of its step. The signal of the undo ends a wait. */
export function retryUndo(delay: Delay, clockOf: () => Clock): UndoMiddleware {
  return async (ctx, next) => {
    const clock = clockOf()
    const begun = clock.monotonic()
    for (let attempt = 1; ; attempt++) {
      try {
        return await next()
      } catch (error) {
        const elapsedMs = clock.monotonic() - begun
        const ms = ctx.signal.aborted ? undefined : delay({ error, attempt, elapsedMs, ctx }, ctx.now())
        if (ms === undefined) throw error
        await wait(clock, ms, ctx.signal)
      }
    }
  }
}

/** @throws the reason of `signal` when that aborts */
async function wait(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<undefined>()
  const end = () => reject(signal.reason as Error)
  const timer = clock.setTimeout(() => resolve(undefined), ms)
  signal.addEventListener('abort', end)
  try {
    await promise
  } finally {
    clock.clearTimeout(timer)
    signal.removeEventListener('abort', end)
  }
}
