import type { AnyPipeline, Pipe } from '@pipe/core'
import type { Recovery, RunInfo, Runs, StateStore } from '@pipe/state'
import type { Entry } from './entry.ts'
import type { SchedulerSettings } from './scheduler-options.ts'

/** The runs of schedules that are kept in a store: processes that die are not the end of them. */
export class SharedRuns {
  readonly #runs: Runs
  readonly #recover: (pipelines: readonly AnyPipeline[]) => Recovery
  #recovery: { readonly of: readonly AnyPipeline[]; readonly recovery: Recovery } | undefined
  /** Of those before. */
  readonly #stopping = new Set<Promise<void>>()

  private constructor(runs: Runs, recover: (pipelines: readonly AnyPipeline[]) => Recovery) {
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
    return new SharedRuns(runsIn(store, coding), (pipelines) =>
      recover(pipe, {
        ...coding,
        store,
        clock,
        onError,
        pipelines,
        every: '5s', // others of the schedule may wait for them
        only: (id) => entryOf(id) !== undefined,
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

  /** Goes on with runs of these schedules whose process has died, from now on. */
  recover(entries: Iterable<Entry>): void {
    const pipelines = [...new Set(Array.from(entries, ({ pipeline }) => pipeline))]
    const before = this.#recovery
    if (before?.of.length === pipelines.length && pipelines.every((one) => before.of.includes(one))) return
    if (before !== undefined) this.#end(before.recovery)
    this.#recovery = { of: pipelines, recovery: this.#recover(pipelines) }
  }

  async stop(): Promise<void> {
    if (this.#recovery !== undefined) this.#end(this.#recovery.recovery)
    await Promise.all(this.#stopping)
  }

  #end(recovery: Recovery): void {
    const stopping = recovery.stop().finally(() => this.#stopping.delete(stopping))
    this.#stopping.add(stopping)
  }
}
