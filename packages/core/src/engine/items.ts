import { toAbortReason } from '../abort.ts'
import { serializeError } from '../error-data.ts'
import { PipelineError } from '../errors.ts'
import type { AttemptContext } from '../plugin.ts'
import type { ItemCounts, StepResult } from '../result.ts'
import { type Settled, State } from '../scheduler.ts'
import { abort, begin, cancel } from './attempt.ts'
import type { CompiledNode, CompiledPipeline } from './compiled.ts'
import type { Body, Owner, RunInner } from './inside.ts'
import { endEvent, type Reporter, resultOf, type Results } from './records.ts'
import type { RunState } from './run-state.ts'
import { ItemTask, type Scope, type Task, type Undoable } from './task.ts'
import { settleWith } from '../thenable.ts'
import { remember } from './undo.ts'

/** So many items of a map have a record, and of the others those that did not succeed. */
const MOST_RECORDS = 1_000

/** What is kept of an item. */
interface ItemRecord {
  readonly path: string
  result: StepResult
  readonly inner: Reporter | null
}

/** The items of a map: starts as many as may run at a time, in order, and reads no further ahead. */
export class Items implements Scope, Body, Reporter {
  readonly run: RunState
  readonly rank: readonly number[]
  stopped: PipelineError | null = null
  failure: { readonly error: unknown; readonly path: string } | null = null
  undo: Undoable[] | null = null
  readonly output: unknown[] = []
  readonly #map: Task
  readonly #node: CompiledNode
  readonly #path: string
  readonly #limit: number
  readonly #array: readonly unknown[] | null
  readonly #iterator: Iterator<unknown> | AsyncIterator<unknown> | null
  readonly #runInner: RunInner
  readonly #owner: Owner
  readonly #keys: Set<string> | null
  readonly #records = new Map<number, ItemRecord>()
  readonly #counts = { total: 0, succeeded: 0, failed: 0, cancelled: 0 }
  #inner: Map<number, Reporter> | null = null
  #live: Set<Task> | null = null
  /** What is running; known only when it may have to be given up. */
  readonly #running: Map<number, Task> | null
  #endGrace: (() => void) | null = null
  #active = 0
  #pulling = false
  #exhausted = false
  #pumping = false
  #finished = false

  constructor(map: Task, node: CompiledNode, over: unknown, runInner: RunInner, owner: Owner) {
    const { scope } = map
    const { limit, code } = node.graph
    this.run = scope.run
    this.rank = [...scope.rank, map.position]
    this.#map = map
    this.#node = node
    this.#path = scope.pathOf(map)
    this.#limit = Math.min(limit, this.run.gate?.limit ?? Infinity)
    this.#array = Array.isArray(over) ? over : null
    this.#iterator = this.#array === null ? iteratorOf(over, map) : null
    this.#runInner = runInner
    this.#owner = owner
    this.#keys = code.key === undefined ? null : new Set()
    this.#running = this.run.graceMs === Infinity ? null : new Map()
  }

  pump(): void {
    if (this.#pumping) return // an item that settles synchronously is found by the loop below: no recursion
    this.#pumping = true
    while (this.stopped === null && !this.#exhausted && !this.#pulling && this.#active < this.#limit) this.#pull()
    this.#pumping = false
    if (this.#active > 0 || this.#finished) return
    if (this.stopped === null && (!this.#exhausted || this.#pulling)) return
    this.#finish()
  }

  stop(reason: PipelineError): void {
    if (this.stopped !== null) return
    this.stopped = reason
    this.#endGrace = this.run.afterGrace(() => this.abandon(reason))
    if (this.#live !== null) for (const task of this.#live) cancel(task, reason)
    this.run.gate?.flush()
    this.pump()
  }

  abandon(reason: PipelineError): void {
    if (this.#live !== null) for (const { extra } of this.#live) extra?.inner?.abandon(reason)
    if (this.#finished) return
    for (const task of this.#running?.values() ?? []) {
      task.more().stillRunning = true
      this.#counts.cancelled++
      this.#record(task, State.cancelled, reason)
    }
    this.#finish()
  }

  pathOf(task: Task): string {
    return `${this.#path}[${String(task.key)}]`
  }

  abort(task: Task, reason: Error): void {
    abort(task, reason)
  }

  entered(task: Task): void {
    this.#running?.set(task.position, task)
  }

  absorbs(): boolean {
    return this.#node.graph.optionalItems
  }

  watch(task: Task): void {
    ;(this.#live ??= new Set()).add(task)
  }

  unwatch(task: Task): void {
    this.#live?.delete(task)
  }

  perform(task: Task, ctx: AttemptContext): unknown {
    const inner = this.#node.inner!
    return this.#runInner(task, ctx, inner, task.argument, this.pathOf(task), (reporter) => {
      ;(this.#inner ??= new Map<number, Reporter>()).set(task.position, reporter)
    })
  }

  completed(task: Task, output: unknown): void {
    if (this.#finished) return
    this.#active--
    this.#counts.succeeded++
    this.output[task.position] = output
    this.pump()
  }

  ended(task: Task, as: Settled, value: unknown): void {
    if (this.#finished) return
    this.#running?.delete(task.position)
    this.#active--
    if (as === State.failed || as === State.cancelled) {
      if (as === State.failed) this.#failed(task, value)
      else this.#counts.cancelled++
    } else {
      this.#counts.succeeded++
      if (as !== State.skipped) {
        this.output[task.position] = value
        this.undo = remember(this.undo, task, value)
      }
    }
    if (task.extra !== null && task.extra.undo !== null) (this.undo ??= []).push(...task.extra.undo)
    if (this.run.timed || as !== State.succeeded || this.#inner !== null) this.#record(task, as, value)
    this.pump()
    if (this.run.timed) this.run.endTurn()
  }

  undone(task: Task, error: { readonly thrown: unknown } | null): void {
    const undo = error === null ? 'done' : serializeError(error.thrown)
    const record = this.#records.get(task.position)
    if (record !== undefined) record.result = { ...record.result, undo }
    else this.#keep(task, { status: 'succeeded', attempts: task.attempt, output: this.output[task.position], undo })
  }

  report(into: Results): void {
    const items: ItemCounts = { ...this.#counts }
    into[this.#path] = { ...into[this.#path]!, items }
    for (const [, { path, result, inner }] of [...this.#records].sort(([a], [b]) => a - b)) {
      into[path] = result
      inner?.report(into)
    }
  }

  #pull(): void {
    const { total } = this.#counts
    if (this.#array !== null) {
      if (total < this.#array.length) this.#add(this.#array[total])
      else this.#exhausted = true
      return
    }
    this.#pulling = true
    settleWith(
      () => this.#iterator!.next(),
      (next) => {
        this.#pulling = false
        const { done, value } = next as IteratorResult<unknown>
        if (done === true) this.#exhausted = true
        else if (this.stopped === null) this.#add(value)
        this.pump()
      },
      (error) => {
        this.#pulling = false
        this.#exhausted = true
        this.#broken(error)
        this.pump()
      },
    )
  }

  #add(item: unknown): void {
    const index = this.#counts.total++
    let key: string | null = null
    if (this.#keys !== null) {
      try {
        key = this.#keyOf(item, index, this.#keys)
      } catch (error) {
        return this.#broken(error)
      }
    }
    this.output.push(undefined)
    this.#active++
    begin(new ItemTask(this, this.#node, item, 1, index, key, this.#map.needs))
  }

  #keyOf(item: unknown, index: number, keys: Set<string>): string {
    const key = String(this.#node.graph.code.key?.(item as never, index as never))
    if (keys.has(key)) {
      const message = `Map "${this.#path}" has two items with the key "${key}" (the second is item ${index}).`
      throw new PipelineError('ITEM_KEY_DUPLICATE', message, { pipeline: this.#node.pipeline, step: this.#path })
    }
    keys.add(key)
    return key
  }

  /** The map itself fails, not one of its items. */
  #broken(error: unknown): void {
    this.failure ??= { error, path: this.#path }
    this.stop(toAbortReason(error, this.#node.pipeline))
  }

  #failed(task: Task, error: unknown): void {
    this.#counts.failed++
    if (this.#node.graph.optionalItems) return
    const path = task.extra?.failedAt ?? this.pathOf(task)
    this.failure ??= { error, path }
    if (this.run.options.failure !== 'continue')
      this.stop(toAbortReason(new Error(`Item "${path}" failed`, { cause: error }), task.pipeline))
  }

  #record(task: Task, as: Settled, value: unknown): void {
    const { run } = this
    const index = task.position
    const observed = run.observes('map:item')
    if (observed || (run.recorded && index < MOST_RECORDS) || as !== State.succeeded) {
      const result = resultOf(run, task, as, value)
      if (as !== State.succeeded || (run.recorded && index < MOST_RECORDS)) this.#keep(task, result)
      if (observed) {
        const { pipeline, stepId } = task
        const key = task.key!
        run.emit('map:item', { ...endEvent(run, pipeline, stepId, result, value), mapId: this.#path, key, index })
      }
    }
    this.#inner?.delete(index)
  }

  #keep(task: Task, result: StepResult): void {
    const index = task.position
    this.#records.set(index, { path: this.pathOf(task), result, inner: this.#inner?.get(index) ?? null })
  }

  #finish(): void {
    this.#finished = true
    this.#endGrace?.()
    if (this.stopped !== null && this.#iterator?.return !== undefined) {
      settleWith(
        () => this.#iterator?.return?.(),
        () => undefined,
        (error) => this.run.host.report(toAbortReason(error, this.#node.pipeline)),
      )
    }
    this.#owner.ended(this)
  }
}

function iteratorOf(over: unknown, map: Task): Iterator<unknown> | AsyncIterator<unknown> {
  const source = over as Partial<Iterable<unknown> & AsyncIterable<unknown>> | null | undefined
  if (typeof source?.[Symbol.asyncIterator] === 'function')
    return (source as AsyncIterable<unknown>)[Symbol.asyncIterator]()
  if (typeof source?.[Symbol.iterator] === 'function') return (source as Iterable<unknown>)[Symbol.iterator]()
  const { stepId: step, pipeline } = map
  const message = `\`over\` of map "${step}" must return an iterable or an async iterable, got ${over === null ? 'null' : typeof over}.`
  throw new PipelineError('OUTPUT_INVALID', message, { pipeline, step })
}
