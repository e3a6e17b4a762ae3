import { toAbortReason } from '../abort.ts'
import { messageOf, PipelineError } from '../errors.ts'
import type { AttemptContext } from '../plugin.ts'
import { type Settled, State } from '../scheduler.ts'
import { type Completion, isThenable, settleWith, toPromise } from '../thenable.ts'
import { begin } from './begin.ts'
import type { CompiledNode } from './compiled.ts'
import type { Owner, RunInner } from './inside.ts'
import { ItemRecords } from './item-records.ts'
import type { Reporter, Results } from './records.ts'
import { Task } from './task.ts'
import { TaskScope } from './task-scope.ts'

/** The items of a map: starts as many as may run at a time, in order, and reads no further ahead. */
export class Items extends TaskScope implements Reporter {
  override readonly output: unknown[] = []
  readonly #needs: unknown
  readonly #node: CompiledNode
  readonly #path: string
  readonly #limit: number
  readonly #source: Iterator<unknown> | AsyncIterator<unknown>
  readonly #runInner: RunInner
  /** Keys of the items, when they have keys of their own. */
  readonly #keys: string[] | null
  readonly #taken = new Set<string>()
  readonly #records: ItemRecords
  #pulling = false
  /** Whether nothing more is read; and whether the source itself is over, so that it must not be closed. */
  #drained = false
  #over = false
  #closing = false

  /**
   * @param map the task of the map
   * @param over what its `over` returned
   */
  constructor(map: Task, node: CompiledNode, over: unknown, runInner: RunInner, owner: Owner) {
    const { scope } = map
    const { limit, code } = node.graph
    super(scope.run, [...scope.rank, map.position], owner)
    this.#needs = map.needs
    this.#node = node
    this.#path = scope.pathOf(map)
    // Nothing is read that could not be started.
    this.#limit = Math.min(limit, this.run.gate?.limit ?? Infinity)
    this.#source = iteratorOf(over, map)
    this.#runInner = runInner
    this.#keys = code.key === undefined ? null : []
    this.#records = new ItemRecords(this.run, this.#path, sizeOf(over))
  }

  report(into: Results): void {
    this.#records.report(into)
  }

  pathOf(task: Task): string {
    // Escaped, so that no two items have the same path, nor an item and a step inside another.
    return `${this.#path}[${this.keyOf(task).replace(/[\\\]]/g, '\\$&')}]`
  }

  needsOf(): unknown {
    return this.#needs
  }

  keyOf({ position }: Task): string {
    return this.#keys?.[position] ?? String(position)
  }

  absorbs(): boolean {
    return this.#node.graph.optionalItems
  }

  perform(task: Task, ctx: AttemptContext, completion: Completion): void {
    const keep = (reporter: Reporter) => this.#records.keep(task, reporter)
    this.#runInner(task, ctx, this.#node.inner!, task.argument, this.pathOf(task), keep, completion)
  }

  completed(task: Task, output: unknown): void {
    this.active--
    this.output[task.position] = output
    if (this.run.timed) this.#records.ended(task, State.succeeded, output)
    else this.#records.counts.succeeded++
    this.pump()
    this.run.endTurn()
  }

  undone(task: Task, error: { readonly thrown: unknown } | null): void {
    this.#records.undone(task, this.output[task.position], error)
  }

  protected get exhausted(): boolean {
    return this.#drained && !this.#pulling
  }

  protected fill(): void {
    while (this.stopped === null && !this.#drained && !this.#pulling && this.active < this.#limit) this.#pull()
  }

  protected settled(task: Task, as: Settled, value: unknown, isolated: boolean): void {
    this.#records.ended(task, as, value)
    if (as === State.succeeded || as === State.restored) this.output[task.position] = value
    if (as === State.failed && (isolated || !this.absorbs())) this.fails(task, value, isolated)
  }

  protected drop(): void {
    this.#drained = true
  }

  protected giveUp(task: Task, reason: PipelineError): void {
    this.#records.ended(task, State.cancelled, reason)
  }

  protected override close(): void {
    this.#closeSource(() => this.finish())
  }

  protected override finish(): void {
    if (this.finished) return
    super.finish()
    this.#closeSource(() => undefined)
  }

  /** Closes the source, once and unless it is over, and goes on when it is closed. */
  #closeSource(then: () => void): void {
    if (this.#closing) return
    this.#closing = true
    const source = this.#source
    if (this.#over || source.return === undefined) return then()
    settleWith(
      () => source.return?.(),
      then,
      (cause) => {
        const message = `The source of map "${this.#path}" could not be closed: ${messageOf(cause)}`
        const { pipeline } = this.#node
        this.run.host.report(new PipelineError('OBSERVER_FAILED', message, { pipeline, step: this.#path, cause }))
        then()
      },
    )
  }

  /** Reads the next item and starts it. */
  #pull(): void {
    try {
      this.#over = true // should it throw
      const next: unknown = this.#source.next()
      this.#over = false
      if (!isThenable(next)) return this.#take(next)
      this.#pulling = true
      toPromise(next).then(
        (result) => this.#pulled(() => this.#take(result)),
        (error: unknown) => {
          this.#over = true
          this.#pulled(() => {
            if (this.stopped === null) this.#broken(error)
          })
        },
      )
    } catch (error) {
      this.#broken(error)
    }
  }

  #pulled(go: () => void): void {
    this.#pulling = false
    try {
      go()
    } catch (error) {
      this.#broken(error)
    }
    this.pump()
  }

  #take(result: unknown): void {
    const { done, value } = result as IteratorResult<unknown, unknown>
    if (done === true) this.#over = this.#drained = true
    else if (this.stopped === null) this.#add(value)
  }

  #add(item: unknown): void {
    const index = this.#records.counts.total++
    if (this.#keys !== null) {
      try {
        this.#keys.push(this.#newKey(item, index))
      } catch (error) {
        return this.#broken(error)
      }
    }
    this.output.push(undefined)
    this.active++
    begin(new Task(this, this.#node, item, index))
  }

  #newKey(item: unknown, index: number): string {
    const key = String(this.#node.graph.code.key?.(item as never, index as never))
    if (this.#taken.has(key)) {
      const message = `Map "${this.#path}" has two items with the key "${key}" (the second is item ${index}).`
      throw new PipelineError('ITEM_KEY_DUPLICATE', message, { pipeline: this.#node.pipeline, step: this.#path })
    }
    this.#taken.add(key)
    return key
  }

  /** The map itself fails, not one of its items. */
  #broken(error: unknown): void {
    this.#drained = true
    this.failure ??= { error, path: this.#path, isolated: false }
    this.stop(toAbortReason(error, this.#node.pipeline))
  }
}

/** How many items a collection has, when it knows. */
function sizeOf(over: unknown): number | undefined {
  return Array.isArray(over) ? over.length : over instanceof Set || over instanceof Map ? over.size : undefined
}

function iteratorOf(over: unknown, map: Task): Iterator<unknown> | AsyncIterator<unknown> {
  const source = over as Partial<Iterable<unknown> & AsyncIterable<unknown>> | null | undefined
  const iterator = source?.[Symbol.asyncIterator]?.() ?? source?.[Symbol.iterator]?.()
  if (iterator !== undefined) return iterator
  const { stepId: step, pipeline } = map
  const got = over === null ? 'null' : typeof over
  const message = `\`over\` of map "${step}" must return an iterable or an async iterable, got ${got}.`
  throw new PipelineError('OUTPUT_INVALID', message, { pipeline, step })
}
