import { isPipelineError, PipelineError, type Run } from '@pipe/core'
import type { Draft } from './draft.ts'
import { doubtful } from './doubtful.ts'
import type { Entry, StartedRun } from './entry.ts'
import type { FinishedRun, Firing } from './firing.ts'
import { finishedHere, finishedThere, forgotten, inStore, isUnbegun, unbegun } from './runs.ts'
import type { OnError } from './scheduler-options.ts'
import type { SharedRuns } from './shared-runs.ts'

/** What an executor needs of who has it. */
export interface Host {
  /** The runs that processes share; `undefined` when they are in this one only. */
  readonly shared: () => SharedRuns | undefined
  /** What the store has of a run; `undefined` for nothing, or without a store. */
  readonly recorded: (id: string) => Promise<unknown>
  /** The time by which slots are told, epoch ms. */
  readonly now: () => number
  readonly onError: OnError
  /** Whether a schedule is there, and was not removed. */
  readonly has: (entry: Entry) => boolean
  /** Does something to a schedule. */
  readonly change: (entry: Entry, change: (draft: Draft, now: number) => void) => Promise<unknown>
  /** Fires what has waited and what is due of a schedule, if that is for this process to do. */
  readonly pass: (draft: Draft, now: number) => void
  /** Something could not be done to a schedule: it is to be tried again. */
  readonly failed: (entry: Entry, error: unknown) => void
  /** Does something that nobody waits for, but the end of the scheduler. */
  readonly inBackground: (work: () => Promise<unknown>) => void
}

const unshared = () => {
  const message =
    'Another process runs the slot: the pipe has durable(), and createScheduler() has no `store`. Give it the same.'
  return new PipelineError('OPTION_INVALID', message)
}

/** Starts the runs of schedules, and finds out what became of them. */
export class Executor {
  readonly #host: Host
  /** Why what is begun from now on is stopped at once. */
  #stopped: PipelineError | undefined
  /** What was started here and has not ended, also of schedules that were removed. */
  readonly #running = new Set<StartedRun>()

  constructor(host: Host) {
    this.#host = host
  }

  /** Does what is to be done about a schedule. */
  async carryOut(entry: Entry, draft: Draft): Promise<void> {
    for (const firing of draft.cancels) await this.#cancel(entry, firing)
    for (const firing of draft.starts) {
      await this.#begin(entry, firing)
      draft.begun = true
    }
  }

  /**
   * Starts a run; resolves when it may be told that it was started. Rejects when that cannot be known now: then it is tried
   * again.
   */
  async #begin(entry: Entry, firing: Firing): Promise<void> {
    const { plan, name, runs } = entry
    const { id, slot } = firing
    const { now, onError, inBackground } = this.#host
    const shared = this.#host.shared()
    if (runs.has(id)) return // it was begun, and could not be kept
    let run: Run<unknown>
    try {
      const tags = { ...plan.options.tags, schedule: name, slot: new Date(slot).toISOString() }
      run = entry.start(plan.input(firing), { ...plan.options, tags, id })
    } catch (error) {
      if (isPipelineError(error, 'PIPE_CLOSED')) throw error // nothing can be begun here any more
      onError(error, name)
      inBackground(() => this.settle(entry, firing, unbegun(firing, error, now())))
      return
    }
    const over = this.#over(entry, firing, run).catch((error: unknown) => onError(error, name))
    const running = { firing, run, over }
    runs.set(id, running)
    this.#running.add(running)
    if (this.#stopped !== undefined) run.cancel(this.#stopped)
    void over.then(() => this.#running.delete(running))
    // Nobody else has a turn before the run is known, so nobody starts another one for the slot.
    if (shared !== undefined) await inStore(run, shared)
  }

  /** Stops a run, wherever it goes on. */
  async #cancel(entry: Entry, { id }: Firing): Promise<void> {
    const reason = `Another run of schedule "${entry.name}" takes its place.`
    const here = entry.runs.get(id)
    if (here === undefined) await this.#host.shared()?.cancel(id, reason)
    else here.run.cancel(new PipelineError('CANCELLED', reason))
  }

  /** Stops what was started here; of what is recorded others go on with it. */
  stop(): void {
    const reason = new PipelineError('SHUTDOWN', 'The scheduler is stopped: the run was not done in time.')
    this.#stopped = reason
    for (const { run } of this.#running) run.cancel(reason)
    this.#host.shared()?.abort(reason)
  }

  /** Waits for what was started here. */
  async idle(): Promise<void> {
    await Promise.all([...this.#running].map(({ over }) => over))
    await this.#host.shared()?.idle()
  }

  /** Finds what was started by who died, or failed, before that could be kept. */
  async adopt(entry: Entry, draft: Draft, now: number): Promise<void> {
    const { active, last } = draft.state
    const known = new Set([...active, ...(last === null ? [] : [last])].map(({ id }) => id))
    const found: Firing[] = []
    for (const firing of doubtful(draft.state, draft.rules, now)) {
      if (!known.has(firing.id) && (await this.#host.recorded(firing.id)) !== undefined) found.push(firing)
    }
    for (const { id } of found) known.add(id)
    const others = [...entry.runs.values()].map(({ firing }) => firing).filter(({ id }) => !known.has(id))
    draft.adopt([...found, ...others])
  }

  /**
   * Says what became of a run that does not go on here, if it has ended; what fails is reported.
   *
   * @param unknown what became of it if the store does not know it
   */
  async settle(entry: Entry, firing: Firing, unknown?: FinishedRun): Promise<void> {
    const { shared, now, onError } = this.#host
    try {
      const info = await shared()?.get(firing.id)
      const run = info === undefined ? (unknown ?? forgotten(firing, now())) : finishedThere(firing, info)
      if (run !== undefined) await this.#ended(entry, run)
    } catch (error) {
      onError(error, entry.name)
    }
  }

  /** Waits for the end of a run that was started here, and says what became of it. */
  async #over(entry: Entry, firing: Firing, run: Run<unknown>): Promise<void> {
    const result = await run.result
    entry.runs.delete(firing.id)
    const finished = finishedHere(firing, result, this.#host.now())
    if (this.#host.shared() === undefined && result.error?.code === 'RUN_TAKEN')
      this.#host.onError(unshared(), entry.name)
    if (this.#host.shared() === undefined || result.status === 'succeeded') await this.#ended(entry, finished)
    // One that did not succeed may go on elsewhere, or begin again here. What the store has never seen was refused here.
    else if (!isUnbegun(result.error)) await this.settle(entry, firing, finished)
  }

  /** A run has ended: it is kept, and others may begin. What was removed meanwhile has nothing to keep. */
  async #ended(entry: Entry, run: FinishedRun): Promise<void> {
    const { has, change, pass, failed } = this.#host
    if (!has(entry)) return
    try {
      await change(entry, (draft, now) => {
        if (draft.end(run, now)) pass(draft, now)
      })
    } catch (error) {
      if (!has(entry)) return
      // What was to follow cannot be begun: that it has ended is to be kept anyway.
      await change(entry, (draft, now) => void draft.end(run, now))
      failed(entry, error)
    }
  }
}
