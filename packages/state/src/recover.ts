import type { Pipe, TimerHandle } from '@pipe/core'
import { FreeRuns } from './free-runs.ts'
import { type RecoverOptions, recoverSettingsOf } from './recover-options.ts'
import { Recoverer } from './recoverer.ts'

/** A loop that recovers runs. */
export interface Recovery extends AsyncDisposable {
  /** Looks no more. Runs that it started go on; `pipe.close()` waits for them. */
  stop(): Promise<void>
  /** Waits for the runs that it has going. */
  idle(): Promise<void>
}

/**
 * Goes on with runs that nobody has: whose process died, was shut down, or could not go on. Looks at once and from then on
 * again and again, until it is stopped; those that were created first are first. Any number of processes may do it on one
 * store: each run is taken by one.
 *
 * ```ts
 * await using recovery = recover(pipe, { store, pipelines: [importOrders] })
 * ```
 * @throws PipelineError `OPTION_INVALID`
 */
export function recover<S>(pipe: Pipe<S>, options: RecoverOptions): Recovery {
  const settings = recoverSettingsOf(options)
  const { store, concurrency, clock, everyMs, onError } = settings
  const recoverer = new Recoverer(pipe, settings)
  const free = new FreeRuns(store, new Set(settings.pipelines.map(({ name }) => name)), (run) => recoverer.takes(run))
  /** How many runs are going, as far as `concurrency` is concerned. */
  let going = 0
  const recovering = new Set<Promise<void>>()
  let stopped = false
  let timer: TimerHandle
  let looking: Promise<void> | null = null

  /** Goes on with runs that were found, as many as may be. */
  const fill = (): void => {
    while (!stopped && going < concurrency) {
      const id = free.next()
      if (id === undefined) return
      going++
      let left = false
      const leave = () => {
        if (left) return
        left = true
        going--
        fill()
        // What was found is used up, and there may be more.
        if (free.size === 0 && (free.more || going === concurrency - 1)) soon()
      }
      const recovered = recoverer.recover(id, leave).finally(() => {
        leave()
        recovering.delete(recovered)
      })
      recovering.add(recovered)
    }
  }
  const look = async (): Promise<void> => {
    await free.find(() => stopped)
    fill()
  }
  const lookNow = (): void => {
    clock.clearTimeout(timer)
    if (stopped) return
    looking ??= look()
      .catch((error: unknown) => onError(error))
      .finally(() => {
        looking = null
        if (!stopped) timer = clock.setTimeout(lookNow, everyMs * (0.8 + Math.random() * 0.4))
      })
  }
  /** What changes now may have to be looked at: when those who told of it are done. */
  const soon = (): void => {
    if (stopped || looking !== null) return
    clock.clearTimeout(timer)
    timer = clock.setTimeout(lookNow, 0)
  }

  const unwatch = store.watch?.(soon)
  lookNow()
  const stop = async (): Promise<void> => {
    stopped = true
    unwatch?.()
    clock.clearTimeout(timer)
    await looking
  }
  const idle = async (): Promise<void> => {
    await Promise.all(recovering)
  }
  return { stop, idle, [Symbol.asyncDispose]: stop }
}
