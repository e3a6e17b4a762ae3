import { type AnyPipeline, type Pipe, PipelineError } from '@pipe/core'
import type { Recovery, RunInfo, Runs, StateStore } from '@pipe/state'
import type { Entry } from './entry.ts'
import { scheduleOf } from './firing.ts'
import type { SchedulerSettings } from './scheduler-options.ts'

const notDurable = () => {
  const message = 'createScheduler() has a `store`, and its pipe has no durable(): give durable() the same store.'
  return new PipelineError('OPTION_INVALID', message)
}

/** Looks for runs of these pipelines whose process has died, and goes on with them until `signal` aborts. */
type Recover = (pipelines: readonly AnyPipeline[], signal: AbortSignal) => Recovery

/** The runs of schedules that are kept in a store: processes that die are not the end of them. */
export class SharedRuns {
  readonly #runs: Runs
  readonly #entries: ReadonlyMap<string, Entry>
  readonly #recover: Recover
  readonly #controller = new AbortController()
  #pipelines: readonly AnyPipeline[] = []
  #recovery: Recovery | undefined
  /** Of recoveries before that one. */
  readonly #ending = new Set<Promise<void>>()
  #isAsked = false
  #stopped = false

  private constructor(runs: Runs, entries: ReadonlyMap<string, Entry>, recover: Recover) {
    this.#runs = runs
    this.#entries = entries
    this.#recover = recover
  }

  /** Rejects with `OPTION_INVALID` when the pipe has no `durable()`. */
  static async open(
    pipe: Pipe<unknown>,
    store: StateStore,
    { codec, clock, onError }: SchedulerSettings,
    entries: ReadonlyMap<string, Entry>,
  ): Promise<SharedRuns> {
    // Only those who have a store need the package.
    const { recover, runsIn, storeOf } = await import('@pipe/state')
    if ((await storeOf(pipe)) === undefined) throw notDurable()
    const coding = codec === undefined ? {} : { codec }
    const entryOf = (runId: string) => entries.get(scheduleOf(runId) ?? '')
    return new SharedRuns(runsIn(store, coding), entries, (pipelines, signal) =>
      recover(pipe, {
        ...coding,
        store,
        clock,
        onError: (error, runId = '') => onError(error, scheduleOf(runId)),
        pipelines,
        every: '5s', // others of the schedule may wait for them
        only: (id) => entryOf(id) !== undefined,
        options: ({ id }) => {
          const { tags: _, ...options } = entryOf(id)?.plan.options ?? {} // those of the slot are recorded
          return { ...options, signal }
        },
      }),
    )
  }

  /** What is known of a run. */
  get(id: string): Promise<RunInfo | undefined> {
    return this.#runs.get(id)
  }

  /** Asks a run to stop that goes on elsewhere. */
  async cancel(id: string, reason: string): Promise<void> {
    await this.#runs.cancel(id, reason)
  }

  /** Goes on with runs of all schedules whose process has died, from the end of this turn on: many may be added in it. */
  recover(): void {
    if (this.#isAsked) return
    this.#isAsked = true
    queueMicrotask(() => {
      this.#isAsked = false
      if (!this.#stopped) this.#recoverAll()
    })
  }

  #recoverAll(): void {
    const pipelines = [...new Set(Array.from(this.#entries.values(), ({ pipeline }) => pipeline))]
    const before = this.#pipelines
    if (this.#recovery && before.length === pipelines.length && pipelines.every((one) => before.includes(one))) return
    this.#end()
    this.#pipelines = pipelines
    this.#recovery = this.#recover(pipelines, this.#controller.signal)
  }

  /** Looks for no more runs. */
  async stop(): Promise<void> {
    this.#stopped = true
    await this.#recovery?.stop()
  }

  /** Waits for the runs that are gone on with here. */
  async idle(): Promise<void> {
    this.#end()
    await Promise.all(this.#ending)
  }

  /** Stops the runs that are gone on with here; others go on with them. */
  abort(reason: PipelineError): void {
    this.#controller.abort(reason)
  }

  #end(): void {
    const recovery = this.#recovery
    if (recovery === undefined) return
    this.#recovery = undefined
    const ending = recovery
      .stop()
      .then(() => recovery.idle())
      .finally(() => this.#ending.delete(ending))
    this.#ending.add(ending)
  }
}
