import type { AnyPipeline, Pipe } from '@pipe/core'
import type { Recovery, RunInfo, Runs, StateStore } from '@pipe/state'
import type { Entry } from './entry.ts'
import type { SchedulerSettings } from './scheduler-options.ts'

/** The runs of schedules that are kept in a store: processes that die are not the end of them. */
export class SharedRuns {
  readonly store: StateStore
  readonly #runs: Runs
  readonly #recover: (pipeline: AnyPipeline) => Recovery
  readonly #recoveries = new Map<AnyPipeline, Recovery>()

  private constructor(store: StateStore, runs: Runs, recover: (pipeline: AnyPipeline) => Recovery) {
    this.store = store
    this.#runs = runs
    this.#recover = recover
  }

  /** @param entryOf the schedule of a run, by the id of that */
  static async open(
    pipe: Pipe<unknown>,
    store: StateStore,
    { codec, clock, onError }: SchedulerSettings,
    entryOf: (runId: string) => Entry | undefined,
  ): Promise<SharedRuns> {
    // Only those who have a store need the package.
    const { recover, runsIn } = await import('@pipe/state')
    const coding = codec === undefined ? {} : { codec }
    return new SharedRuns(store, runsIn(store, coding), (pipeline) =>
      recover(pipe, {
        ...coding,
        store,
        clock,
        onError,
        pipelines: [pipeline],
        only: (id) => entryOf(id)?.pipeline === pipeline,
        options: ({ id }) => {
          const { tags: _, ...options } = entryOf(id)?.plan.options ?? {} // those of the slot are recorded
          return options
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

  /** Goes on with runs of a pipeline whose process has died. */
  recover(pipeline: AnyPipeline): void {
    if (!this.#recoveries.has(pipeline)) this.#recoveries.set(pipeline, this.#recover(pipeline))
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#recoveries.values()].map((recovery) => recovery.stop()))
  }
}
