import { type Duration, PipelineError, toMs, uuidv7 } from '@pipe/core'
import { type Codec, jsonCodec } from './codec.ts'
import { type RecordedStep, stepsOf } from './recorded-steps.ts'
import { infoOf, type RunInfo } from './run-info.ts'
import { stateOf } from './run-state.ts'
import type { EndStatus, Page, RunFilter, StateStore, StoredRun } from './store.ts'
import { writeError } from './stored-run.ts'

/** Which runs, and how many: `{ states: ['stalled', 'paused'] }`. */
export interface ListRuns extends RunFilter {
  /** 1 to 1,000. Default 100. */
  readonly limit?: number
  /** The `next` of the page before. */
  readonly after?: string
}

/** Which runs are forgotten. */
export interface PurgeRuns {
  /** How long ago they have ended at least. */
  readonly endedBefore: Duration
  /** In which state. Default: any in which a run has ended. */
  readonly states?: readonly EndStatus[]
}

/** What applications do with the runs in a store. */
export interface Runs {
  /** Runs, the last created first. */
  list(query?: ListRuns): Promise<Page<RunInfo>>
  /** One run. */
  get(id: string): Promise<RunInfo | undefined>
  /** What was recorded of the steps of a run, in the order of their paths; of a call that was tried again, the last attempt. */
  steps(id: string): Promise<readonly RecordedStep[]>
  /**
   * Asks a run to stop; whoever has it undoes what was completed, and it ends as `cancelled`. A run that nobody has, be it
   * blocked or dead, is cancelled by whoever takes it next; where its definition is another one, what no longer fits is not
   * undone, and the error that it ends with says so.
   */
  cancel(id: string, reason?: string): Promise<RunInfo | undefined>
  /** Lets nothing new start in a run, and nobody take it. */
  pause(id: string, reason?: string): Promise<RunInfo | undefined>
  /** Ends a pause. */
  resume(id: string): Promise<RunInfo | undefined>
  /** Lets a dead run be taken again. */
  revive(id: string): Promise<RunInfo | undefined>
  /**
   * Ends a run that nobody will go on with, as `cancelled`: its pipeline is no more, or what it recorded cannot be read.
   * Nothing that it did is undone, and the error that it ends with says so. One that has ended stays as it is.
   *
   * Rejects with `RUN_TAKEN` when somebody has it: it is asked to cancel then.
   */
  abandon(id: string, reason?: string): Promise<RunInfo | undefined>
  /**
   * Forgets a run that has ended, with all that it recorded. Its id may be used again. Nothing happens when there is no
   * such run, or not any more.
   *
   * Rejects with `RUN_UNFINISHED` when it has not ended, also when it is `dead`: cancel or abandon it first.
   */
  delete(id: string): Promise<void>
  /**
   * Forgets runs that have ended, some at a time until none is left.
   *
   * @returns how many were forgotten
   */
  purge(query: PurgeRuns): Promise<number>
}

/** How many runs are forgotten with one command. */
const BATCH = 500

/**
 * The runs in a store, for applications: pages that show them, commands that stop them. Needs no pipe, and no pipeline.
 * The store has to be open.
 *
 * ```ts
 * const runs = runsIn(store)
 * for (const { id, state } of (await runs.list({ pipeline: 'import' })).items) console.log(id, state)
 * ```
 * @param codec what `durable()` writes with
 */
export function runsIn(store: StateStore, { codec = jsonCodec }: { readonly codec?: Codec } = {}): Runs {
  const see = async (run: StoredRun | undefined) => run && infoOf(codec, run, await store.now())
  return {
    list: async ({ limit = 100, after, ...filter } = {}) => {
      const { items, next } = await store.list(filter, limit, after)
      const now = await store.now()
      // A lease that has run out since then had not when the store looked: a page shows what was asked for.
      const isAsked = (run: StoredRun) => filter.states?.includes(stateOf(run, now)) ?? true
      const infos = items.map((run) => infoOf(codec, run, isAsked(run) ? now : run.updatedAt))
      return { items: infos, ...(next !== undefined && { next }) }
    },
    get: async (id) => await see(await store.get(id)),
    steps: async (id) => await stepsOf(store, codec, id),
    cancel: async (id, reason) => await see(await cancel(store, id, reason)),
    abandon: async (id, reason) => await see(await abandon(store, id, reason)),
    pause: async (id, reason) => await see(await store.command(id, 'pause', reason)),
    resume: async (id) => await see(await store.command(id, 'run')),
    revive: async (id) => await see(await store.revive(id)),
    delete: async (id) => {
      const run = await see(await store.delete(id))
      if (run === undefined) return
      const message = `Run "${id}" is ${run.state}, so it cannot be deleted. Wait until it has ended, or cancel or abandon it.`
      throw new PipelineError('RUN_UNFINISHED', message, { pipeline: run.pipeline })
    },
    purge: async ({ endedBefore, states = ['succeeded', 'failed', 'cancelled'] }) => {
      const before = (await store.now()) - toMs(endedBefore, '`endedBefore`')
      let all = 0
      for (let some = BATCH; some === BATCH; all += some) some = await store.purge(states, before, BATCH)
      return all
    },
  }
}

/** Asks a run to cancel. A dead one may be taken again for it: what it did is undone, and nothing new begins. */
async function cancel(store: StateStore, id: string, reason?: string): Promise<StoredRun | undefined> {
  const run = await store.command(id, 'cancel', reason)
  return run?.status === 'dead' ? await store.revive(id) : run
}

/** How long it takes at most to end a run, ms. */
const MOMENT = 30_000

async function abandon(store: StateStore, id: string, reason?: string): Promise<StoredRun | undefined> {
  const run = await cancel(store, id, reason) // which takes back a pause
  if (run === undefined || run.endedAt !== undefined) return run
  const { pipeline, data } = run
  const request = { owner: `abandon:${uuidv7()}`, leaseMs: MOMENT, maxCrashes: Number.MAX_SAFE_INTEGER }
  const { fence, run: now } = await store.acquire({ id, pipeline, data }, request)
  if (fence !== null) {
    const words = reason === undefined ? '' : `: ${reason}`
    const message = `Run "${id}" was abandoned${words}. Nothing that it did was undone.`
    await store.end(
      id,
      fence,
      'cancelled',
      writeError(new PipelineError('CANCELLED', message, { pipeline }), store.maxValueBytes),
    )
  } else if (now.endedAt === undefined) {
    const message = `Run "${id}" is being executed by ${now.owner}, which was asked to cancel it. Wait for it to end.`
    throw new PipelineError('RUN_TAKEN', message, { pipeline })
  }
  return await store.get(id)
}
