import { type Duration, type ErrorData, toMs } from '@pipe/core'
import { type Codec, decode, jsonCodec } from './codec.ts'
import { Generations } from './generations.ts'
import { everything } from './pages.ts'
import { type ReadEntry, readEntry, type StepRecord, type WaitRecord } from './record.ts'
import type { EndStatus, Page, RunFilter, StateStore, StoredRun, StoredStatus } from './store.ts'
import { readError, readRunData } from './stored-run.ts'

/**
 * What a run is doing. Besides what stores tell apart: `stalled` is running without anybody who has it, `paused` and
 * `cancelling` have been asked to be so.
 */
export type RunState = StoredStatus | 'stalled' | 'paused' | 'cancelling'

/** A run, as applications see it. Times are epoch ms of the clock of the store. */
export interface RunInfo {
  readonly id: string
  readonly pipeline: string
  /** Version of the definition that it was created with, when that had one. */
  readonly version?: string
  readonly tags: Readonly<Record<string, string>>
  readonly state: RunState
  /** Where it began, when it is a fork: the other run, and what was to run again. */
  readonly fork?: { readonly run: string; readonly from: readonly string[] }
  /** Whether somebody has it now: also a run that is paused or about to be cancelled. */
  readonly held: boolean
  readonly input: unknown
  /** Once it has succeeded. */
  readonly output?: unknown
  /** What it failed with, was cancelled with, or is blocked by. */
  readonly error?: ErrorData
  /** Why it was asked to pause or to cancel. */
  readonly reason?: string
  /** Who has it, or had it last: host, process, and which execution. */
  readonly owner?: string
  /** How many executions there were of it that died. */
  readonly crashes: number
  readonly createdAt: number
  readonly updatedAt: number
  readonly endedAt?: number
}

/** A step or an item that was recorded, by its path in the run. */
export interface RecordedStep {
  readonly path: string
  readonly status: StepRecord['status'] | 'waiting'
  readonly attempts: number
  readonly output?: unknown
  readonly error?: ErrorData
  readonly reason?: string
  /** When it was recorded, epoch ms of the process that did. */
  readonly at?: number
  /** When its next attempt is due, epoch ms of the process that decided it; for one that waits. */
  readonly retryAt?: number
  /** Whether what it did was undone. */
  readonly undone: boolean
}

/** Which runs, and how many. */
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
  /** Default: all of them. */
  readonly statuses?: readonly EndStatus[]
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
   * Asks a run to stop; whoever has it undoes what was completed, and it ends as `cancelled`. A run that nobody has is
   * cancelled by whoever takes it next.
   */
  cancel(id: string, reason?: string): Promise<RunInfo | undefined>
  /** Lets nothing new start in a run, and nobody take it. */
  pause(id: string, reason?: string): Promise<RunInfo | undefined>
  /** Ends a pause. */
  resume(id: string): Promise<RunInfo | undefined>
  /** Lets a dead run be taken again. */
  revive(id: string): Promise<RunInfo | undefined>
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
      return { items: items.map((run) => infoOf(codec, run, now)), ...(next !== undefined && { next }) }
    },
    get: async (id) => await see(await store.get(id)),
    steps: async (id) => await stepsOf(store, codec, id),
    cancel: async (id, reason) => await see(await store.command(id, 'cancel', reason)),
    pause: async (id, reason) => await see(await store.command(id, 'pause', reason)),
    resume: async (id) => await see(await store.command(id, 'run')),
    revive: async (id) => await see(await store.revive(id)),
    purge: async ({ endedBefore, statuses = ['succeeded', 'failed', 'cancelled'] }) => {
      const before = (await store.now()) - toMs(endedBefore, '`endedBefore`')
      let all = 0
      for (let some = BATCH; some === BATCH; all += some) some = await store.purge(statuses, before, BATCH)
      return all
    },
  }
}

function infoOf(codec: Codec, run: StoredRun, now: number): RunInfo {
  const { id, pipeline, data, outcome, reason, owner, crashes, createdAt, updatedAt, endedAt } = run
  const { version, tags, input, fork } = readRunData(codec, data)
  const error = readError(run)
  return {
    id,
    pipeline,
    ...(version !== undefined && { version }),
    tags,
    state: stateOf(run, now),
    held: run.status === 'running' && run.leaseUntil > now,
    ...(fork !== undefined && { fork: { run: fork.run, from: fork.from } }),
    input,
    ...(run.status === 'succeeded' && { output: decode(codec, outcome ?? '') }),
    ...(error !== undefined && { error }),
    ...(reason !== undefined && { reason }),
    ...(owner !== undefined && { owner }),
    crashes,
    createdAt,
    updatedAt,
    ...(endedAt !== undefined && { endedAt }),
  }
}

function stateOf({ status, command, leaseUntil }: StoredRun, now: number): RunState {
  if (status !== 'running' && status !== 'waiting' && status !== 'blocked') return status
  if (command !== 'run') return command === 'pause' ? 'paused' : 'cancelling'
  return status === 'running' && leaseUntil <= now ? 'stalled' : status
}

async function stepsOf(store: StateStore, codec: Codec, id: string): Promise<readonly RecordedStep[]> {
  const [steps, waits, undone] = [new Map<string, RecordedStep>(), new Map<string, WaitRecord>(), new Set<string>()]
  const read: ReadEntry[] = []
  for await (const entry of everything((after) => store.entries(id, after))) {
    const one = readEntry(entry)
    if (one?.kind === 'undo') undone.add(one.key)
    else if (one?.kind === 'wait') waits.set(Generations.pathOf(one.key), one.head as WaitRecord)
    else if (one?.kind === 'step') read.push(one)
  }
  // By the length of their keys: what a later attempt of a call did comes after what the one before did.
  for (const { key, head, body } of read.sort((a, b) => a.key.length - b.key.length)) {
    const path = Generations.pathOf(key)
    const { signature: _, item: __, ...record } = head as StepRecord
    const output = record.status === 'succeeded' ? { output: decode(codec, body) } : {}
    steps.set(path, { path, ...record, ...output, undone: undone.has(key) })
  }
  for (const [path, { attempts, retryAt }] of waits) {
    if (!steps.has(path)) steps.set(path, { path, status: 'waiting', attempts, retryAt, undone: false })
  }
  return [...steps.values()].sort((a, b) => (a.path < b.path ? -1 : 1))
}
