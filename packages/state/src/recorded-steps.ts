import type { ErrorData } from '@pipe/core'
import { type Codec, decode } from './codec.ts'
import { Generations } from './generations.ts'
import { History } from './history.ts'
import type { StepRecord } from './record.ts'
import { readable } from './run-info.ts'
import type { StateStore } from './store.ts'

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
  /** When its next attempt is due, epoch ms of the clock of the store; for one that waits. */
  readonly retryAt?: number
  /** Why its output cannot be shown, and is absent: another codec wrote it. */
  readonly unreadable?: string
  /** Whether what it did was undone. */
  readonly undone: boolean
  /** What its undo threw, when it failed: it was not undone. */
  readonly undoError?: ErrorData
}

/** What is recorded of a run, and which of it belongs to the attempts that it is at, or ended with. */
export interface LatestRecords {
  readonly history: History
  readonly isLatest: (key: string) => boolean
}

/** Reads what is recorded of a run. */
export async function latestRecords(store: StateStore, id: string): Promise<LatestRecords> {
  const history = new History()
  await history.load((after) => store.entries(id, after))
  const generations = Generations.after(
    [...history.steps.keys()],
    [...history.waits].map(([key, { attempts }]) => [key, attempts] as const),
  )
  return { history, isLatest: (key) => generations.has(key) }
}

/** The steps of a run, in the order of their paths; of what was tried again, those of the last attempt. */
export async function stepsOf(store: StateStore, codec: Codec, id: string): Promise<readonly RecordedStep[]> {
  const run = await store.get(id)
  const { history, isLatest } = await latestRecords(store, id)
  const steps = new Map<string, RecordedStep>()
  for (const [key, { head, body }] of history.steps) {
    if (!isLatest(key)) continue
    const path = Generations.pathOf(key)
    const { signature: _, item: __, undoable: ___, ...record } = head as StepRecord
    const undoError = history.undone.has(key) ? undefined : history.undoErrors.get(key)
    const output = record.status === 'succeeded' ? readable(() => decode(codec, body)) : {}
    steps.set(path, {
      path,
      ...record,
      ...('value' in output && { output: output.value }),
      ...(output.unreadable !== undefined && { unreadable: output.unreadable }),
      undone: history.undone.has(key),
      ...(undoError !== undefined && { undoError }),
    })
  }
  const begun = outerPathsOf(steps.keys())
  for (const [key, { attempts, retryAt }] of history.waits) {
    const path = Generations.pathOf(key)
    // What has recorded something since does not wait any more, nor does anything in a run that has ended.
    if (run?.endedAt !== undefined || steps.has(path) || begun.has(path) || !isLatest(key)) continue
    steps.set(path, { path, status: 'waiting', attempts, retryAt, undone: false })
  }
  return [...steps.values()].sort((a, b) => (a.path < b.path ? -1 : 1))
}

/** Paths of what the steps at `paths` are inside of. */
function outerPathsOf(paths: Iterable<string>): ReadonlySet<string> {
  const outer = new Set<string>()
  for (const path of paths) for (const { index } of path.matchAll(/[/[]/g)) outer.add(path.slice(0, index))
  return outer
}
