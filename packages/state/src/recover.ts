import {
  type AnyPipeline,
  type Clock,
  type Duration,
  type Pipe,
  type Pipeline,
  systemClock,
  type TimerHandle,
  toMs,
} from '@pipe/core'
import { type Codec, jsonCodec } from './codec.ts'
import { everything } from './pages.ts'
import { readRunData } from './stored-run.ts'
import type { RunFilter, StateStore, StoredRun } from './store.ts'

/** What is recovered, and how. */
export interface RecoverOptions {
  /** The store of the `durable()` that the pipe has. It has to be open. */
  readonly store: StateStore
  /** The pipelines whose runs this process can go on with. */
  readonly pipelines: readonly AnyPipeline[]
  /** How often to look, give or take a fifth, so that processes do not look all at once. Default 15 s. */
  readonly every?: Duration
  /** Most runs that it has going at a time. Default 10. */
  readonly concurrency?: number
  /** What `durable()` writes with. Default: that of JSON. */
  readonly codec?: Codec
  /** Default: that of the machine. */
  readonly clock?: Clock
  /** Gets what went wrong while looking, such as a store that cannot be reached: it is looked again all the same. */
  readonly onError?: (error: unknown) => void
}

/** A loop that recovers runs. */
export interface Recovery extends AsyncDisposable {
  /** Looks no more. Runs that it started go on; `pipe.close()` waits for them. */
  stop(): Promise<void>
}

/** Which runs nobody has. */
const FREE: readonly RunFilter[] = [{ statuses: ['waiting', 'blocked'] }, { stalled: true }]

/**
 * Goes on with runs that nobody has: whose process died, was shut down, or could not go on. Looks at once and from then on
 * again and again, until it is stopped. Any number of processes may do it on one store: each run is taken by one.
 *
 * ```ts
 * await using recovery = recover(pipe, { store, pipelines: [importOrders] })
 * ```
 */
export function recover<S>(pipe: Pipe<S>, options: RecoverOptions): Recovery {
  const { store, every = '15s', concurrency = 10, codec = jsonCodec, clock = systemClock } = options
  const { onError = (error) => console.error(error) } = options
  const everyMs = toMs(every, '`every` of recover()')
  const pipelines = new Map(options.pipelines.map((pipeline) => [pipeline.name, pipeline]))
  const going = new Map<string, Promise<unknown>>()
  /** Runs that could not go on here, and when they last changed: they are not tried again before they do. */
  const judged = new Map<string, number>()
  let stopped = false
  let timer: TimerHandle
  let looking: Promise<void> | null = null

  const takes = ({ id, status, command, updatedAt }: StoredRun) =>
    !going.has(id) && command !== 'pause' && (status !== 'blocked' || judged.get(id) !== updatedAt)

  const start = async (pipeline: AnyPipeline, stored: StoredRun): Promise<void> => {
    const { input } = readRunData(codec, stored.data)
    // What was recorded as the input of this pipeline is one.
    const { result } = pipe.start(pipeline as Pipeline<unknown, unknown>, input, { id: stored.id })
    await result
    const left = await store.get(stored.id)
    if (left?.status === 'blocked') judged.set(stored.id, left.updatedAt)
    else judged.delete(stored.id)
  }

  const look = async (): Promise<void> => {
    for (const pipeline of pipelines.values()) {
      for (const filter of FREE) {
        const query = { ...filter, pipeline: pipeline.name }
        for await (const stored of everything((after) => store.list(query, 100, after))) {
          if (stopped || going.size >= concurrency) return
          if (!takes(stored)) continue
          const done = start(pipeline, stored)
            .catch(onError)
            .finally(() => {
              going.delete(stored.id)
              if (going.size === concurrency - 1) soon()
            })
          going.set(stored.id, done)
        }
      }
    }
  }

  const lookNow = (): void => {
    clock.clearTimeout(timer)
    if (stopped) return
    looking ??= look()
      .catch(onError)
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
  return { stop, [Symbol.asyncDispose]: stop }
}
