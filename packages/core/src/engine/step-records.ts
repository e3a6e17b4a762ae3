import { serializeError } from '../error-data.ts'
import { type Settled, State } from '../scheduler.ts'
import type { CompiledPipeline } from './compiled.ts'
import { MOST } from './item-records.ts'
import {
  endEvent,
  recordOf,
  type Reporter,
  resultOf,
  type Results,
  type StepRecord,
  successEvent,
  unstarted,
} from './records.ts'
import type { RunState } from './run-state.ts'
import type { Task } from './task.ts'

/** What became of the steps of one execution of a graph, and who can say more about those that run others. */
export class StepRecords {
  readonly #run: RunState
  readonly #compiled: CompiledPipeline
  readonly #prefix: string
  readonly #values: readonly unknown[]
  readonly #state: readonly number[]
  readonly #records: StepRecord[]
  #inner: Map<number, Reporter[]> | null = null

  /**
   * @param prefix of the paths of the steps
   * @param values outputs by index
   * @param state of each node, as the scheduler has it
   */
  constructor(
    run: RunState,
    compiled: CompiledPipeline,
    prefix: string,
    values: readonly unknown[],
    state: readonly number[],
  ) {
    this.#run = run
    this.#compiled = compiled
    this.#prefix = prefix
    this.#values = values
    this.#state = state
    this.#records = new Array<StepRecord>(compiled.nodes.length)
  }

  /** Keeps and tells what became of a step. */
  ended(task: Task, as: Settled, value: unknown): void {
    const run = this.#run
    const observed = run.observes('step:end')
    if (as === State.succeeded && task.tries === 1 && !run.kept) {
      if (observed) run.emit('step:end', successEvent(run, task, value))
      return
    }
    const record = recordOf(run, task, as, value)
    this.#records[task.position] = record
    if (observed) run.emit('step:end', endEvent(run, task.pipeline, task.stepId, record, value))
  }

  /** Keeps and tells what became of a step that never started. */
  unstarted(index: number, as: Settled, reason: string): void {
    const run = this.#run
    const record = unstarted(as, reason)
    this.#records[index] = record
    if (!run.observes('step:end')) return
    const { graph, pipeline } = this.#compiled.nodes[index]!
    run.emit('step:end', endEvent(run, pipeline, this.#prefix + graph.id, record, undefined))
  }

  undone(index: number, error: { readonly thrown: unknown } | null): void {
    const undo = error === null ? 'done' : serializeError(error.thrown)
    this.#records[index] = { ...this.#recordOf(index), undo }
  }

  /**
   * Keeps what can say more about a step: the executions inside it, or its items. Of a loop it keeps the first iterations
   * and the last one, which is the one that may have failed.
   */
  keep(index: number, reporter: Reporter): void {
    const inner = (this.#inner ??= new Map<number, Reporter[]>())
    const list = inner.get(index)
    if (list === undefined) inner.set(index, [reporter])
    else if (list.length <= (this.#run.kept ? MOST : 0)) list.push(reporter)
    else list[list.length - 1] = reporter
  }

  /** Forgets what an earlier attempt of a step left. */
  forget(index: number): void {
    this.#inner?.delete(index)
  }

  report(into: Results): void {
    for (const { index, graph } of this.#compiled.nodes) {
      into[this.#prefix + graph.id] = resultOf(this.#recordOf(index), into)
      for (const reporter of this.#inner?.get(index) ?? []) reporter.report(into)
    }
  }

  /** A run whose result nobody waits for keeps no record of a step that succeeded at its first attempt. */
  #recordOf(index: number): StepRecord {
    const known = this.#records[index]
    if (known !== undefined) return known
    const attempts = this.#compiled.nodes[index]!.chooses ? 0 : 1
    if (this.#state[index] !== State.succeeded) return unstarted(State.cancelled, 'not-settled')
    return { status: 'succeeded', attempts, output: this.#values[index] }
  }
}
