import { serializeError } from '../error-data.ts'
import type { ItemCounts } from '../result.ts'
import { type Settled, State } from '../scheduler.ts'
import { endEvent, recordOf, type Reporter, resultOf, type Results, type StepRecord } from './records.ts'
import type { RunState } from './run-state.ts'
import type { Task } from './task.ts'

/** So many items of a map have a record, and of the others those that did not succeed. */
export const MOST = 1_000

interface ItemRecord {
  readonly path: string
  readonly record: StepRecord
  readonly inner: Reporter | undefined
}

/** What became of the items of a map. */
export class ItemRecords {
  readonly counts = { total: 0, succeeded: 0, failed: 0, cancelled: 0 }
  readonly #run: RunState
  readonly #mapId: string
  readonly #known: number | undefined
  #records: Map<number, ItemRecord> | null = null
  #inner: Map<number, Reporter> | null = null

  /** @param known how many items there are, when that is known */
  constructor(run: RunState, mapId: string, known: number | undefined) {
    this.#known = known
    this.#run = run
    this.#mapId = mapId
  }

  /** Counts, keeps and tells what became of an item. */
  ended(task: Task, as: Settled, value: unknown): void {
    const run = this.#run
    const { counts } = this
    if (as === State.failed) counts.failed++
    else if (as === State.cancelled) counts.cancelled++
    else counts.succeeded++
    const kept = as !== State.succeeded || task.tries > 1 || (run.kept && task.position < MOST)
    const observed = run.observes('map:item')
    if (kept || observed) {
      const record = recordOf(run, task, as, value)
      if (kept) this.#set(task, record)
      if (observed) this.#tell(task, record, value)
    }
    this.#inner?.delete(task.position)
  }

  undone(task: Task, output: unknown, error: { readonly thrown: unknown } | null): void {
    const undo = error === null ? 'done' : serializeError(error.thrown)
    const { record } = this.#records?.get(task.position) ?? {
      record: { status: 'succeeded' as const, attempts: task.tries, output },
    }
    this.#set(task, { ...record, undo })
  }

  /** Keeps what can say more about an item that is running. */
  keep(task: Task, reporter: Reporter): void {
    ;(this.#inner ??= new Map<number, Reporter>()).set(task.position, reporter)
  }

  report(into: Results): void {
    const items: ItemCounts = { ...this.counts }
    into[this.#mapId] = { ...into[this.#mapId]!, items }
    for (const [, { path, record, inner }] of [...(this.#records ?? [])].sort(([a], [b]) => a - b)) {
      into[path] = resultOf(record, into)
      inner?.report(into)
    }
  }

  #set(task: Task, record: StepRecord): void {
    const { position, stepId: path } = task
    const inner = this.#inner?.get(position) ?? this.#records?.get(position)?.inner
    ;(this.#records ??= new Map<number, ItemRecord>()).set(position, { path, record, inner })
  }

  #tell(task: Task, record: StepRecord, value: unknown): void {
    const run = this.#run
    const { pipeline, stepId, position: index } = task
    const event = endEvent(run, pipeline, stepId, record, value)
    const total = this.#known !== undefined && { total: this.#known }
    run.emit('map:item', { ...event, mapId: this.#mapId, key: task.key ?? String(index), index, ...total })
  }
}
