import { toAbortReason } from '../abort.ts'
import { serializeError } from '../error-data.ts'
import { messageOf, PipelineError } from '../errors.ts'
import type { AttemptContext } from '../plugin.ts'
import type { StepResult } from '../result.ts'
import { Scheduler, type Settled, State } from '../scheduler.ts'
import { abort, begin, cancel } from './attempt.ts'
import type { CompiledNode, CompiledPipeline } from './compiled.ts'
import { inside, type Owner, type RunInner, withInput } from './inside.ts'
import { Items } from './items.ts'
import { endEvent, type Reporter, reasonOf, resultOf, type Results, unstarted } from './records.ts'
import type { RunState } from './run-state.ts'
import { type Inner, type Scope, Task, type Undoable } from './task.ts'
import { remember } from './undo.ts'

/** The first failure of a graph. */
export interface FirstFailure {
  readonly error: unknown
  /** Path of the step that threw. */
  readonly path: string
}

const runInner: RunInner = (task, ctx, inner, input, path, keep) =>
  withInput(task, inner, input, (value) =>
    inside(task, ctx, (owner) => {
      const rank = [...task.scope.rank, task.position]
      const execution = new Execution(task.scope.run, inner, value, `${path}/`, rank, owner)
      keep(execution)
      return execution
    }),
  )

/**
 * One execution of one graph: starts what the scheduler says is next, and keeps the outputs. Inner pipelines are
 * executions of their own, inside a task of the outer one.
 */
export class Execution implements Scope, Inner, Reporter {
  readonly run: RunState
  readonly rank: readonly number[]
  stopped: PipelineError | null = null
  failure: FirstFailure | null = null
  /** What was completed and can be undone. */
  undo: Undoable[] | null = null
  readonly #compiled: CompiledPipeline
  readonly #input: unknown
  readonly #prefix: string
  readonly #scheduler: Scheduler
  readonly #values: unknown[]
  readonly #owner: Owner
  // Bare runs keep only what is not a plain success.
  #results: StepResult[] | null = null
  #inner: Map<number, Reporter[]> | null = null
  #errors: Map<number, unknown> | null = null
  #live: Set<Task> | null = null
  /** What is running; known only when it may have to be given up. */
  readonly #running: Map<number, Task> | null
  #endGrace: (() => void) | null = null
  #active = 0
  #pumping = false
  #finished = false

  /**
   * @param prefix of the paths of its steps: empty, or the path of the outer step and a slash
   * @param owner told once, when nothing is running any more
   */
  constructor(
    run: RunState,
    compiled: CompiledPipeline,
    input: unknown,
    prefix: string,
    rank: readonly number[],
    owner: Owner,
  ) {
    this.run = run
    this.rank = rank
    this.#compiled = compiled
    this.#input = input
    this.#prefix = prefix
    this.#owner = owner
    this.#running = run.graceMs === Infinity ? null : new Map()
    this.#scheduler = new Scheduler(compiled.topology)
    this.#values = new Array<unknown>(compiled.nodes.length)
  }

  /** The output of the pipeline; to be asked for when it has succeeded. */
  get output(): unknown {
    return this.#compiled.output(this.#values, this.#input)
  }

  /** Starts what is ready, and finishes when nothing is left. */
  pump(): void {
    if (this.#pumping) return // a step that settles synchronously is found by the loop below: no recursion
    this.#pumping = true
    while (this.stopped === null) {
      const index = this.#scheduler.next()
      if (index < 0) break
      this.#start(this.#compiled.nodes[index]!)
    }
    this.#pumping = false
    if (this.#active > 0 || this.#finished || (this.#scheduler.pending > 0 && this.stopped === null)) return
    this.#finish()
  }

  stop(reason: PipelineError): void {
    if (this.stopped !== null) return
    this.stopped = reason
    this.#endGrace = this.run.afterGrace(() => this.abandon(reason))
    if (this.#live !== null) for (const task of this.#live) cancel(task, reason)
    for (const index of this.#scheduler.stop()) {
      this.#unstarted(index, State.cancelled, this.failure === null ? reasonOf(reason) : 'run-failed')
    }
    this.run.gate?.flush()
    this.pump()
  }

  abandon(reason: PipelineError): void {
    if (this.#live !== null) for (const { extra } of this.#live) extra?.inner?.abandon(reason)
    if (this.#finished) return
    for (const [index, task] of this.#running ?? []) {
      task.more().stillRunning = true
      this.#record(task, State.cancelled, reason)
      this.#scheduler.settle(index, State.cancelled)
    }
    this.#finish()
  }

  pathOf(task: Task): string {
    return this.#prefix + task.node.graph.id
  }

  abort(task: Task, reason: Error): void {
    abort(task, reason)
  }

  entered(task: Task): void {
    this.#running?.set(task.node.index, task)
  }

  absorbs(task: Task): boolean {
    return task.node.graph.optional
  }

  watch(task: Task): void {
    ;(this.#live ??= new Set()).add(task)
  }

  unwatch(task: Task): void {
    this.#live?.delete(task)
  }

  completed(task: Task, output: unknown): void {
    if (this.#finished) return
    const { index } = task.node
    this.#active--
    this.#values[index] = output
    this.#scheduler.settle(index, State.succeeded)
    this.pump()
  }

  ended(task: Task, as: Settled, value: unknown): void {
    if (this.#finished) return
    this.#running?.delete(task.node.index)
    const { index } = task.node
    this.#active--
    if (as === State.succeeded || as === State.restored) {
      this.#values[index] = value
      this.undo = remember(this.undo, task, value)
    }
    if (task.extra !== null && task.extra.undo !== null) (this.undo ??= []).push(...task.extra.undo)
    if (this.run.timed || as !== State.succeeded || task.attempt > 1) this.#record(task, as, value)
    if (as === State.failed && !task.node.graph.optional) this.#failed(task, value)
    else this.#scheduler.settle(index, as)
    this.pump()
    if (this.run.timed) this.run.endTurn()
  }

  undone(task: Task, error: { readonly thrown: unknown } | null): void {
    const { index } = task.node
    const results = (this.#results ??= new Array<StepResult>(this.#compiled.nodes.length))
    results[index] = { ...this.#resultOf(index), undo: error === null ? 'done' : serializeError(error.thrown) }
  }

  perform(task: Task, ctx: AttemptContext): unknown {
    const { graph, inner, items, index } = task.node
    this.#inner?.delete(index) // what an earlier attempt left
    if (items !== null) return this.#map(task, ctx, items)
    const pipeline = inner!
    const input: unknown = graph.code.input?.(task.argument as never)
    const path = this.pathOf(task)
    if (task.node.kind === 'call') return this.#inside(task, ctx, pipeline, input, path)
    return this.#loop(task, ctx, pipeline, input, path)
  }

  #inside(task: Task, ctx: AttemptContext, inner: CompiledPipeline, input: unknown, path: string): unknown {
    return runInner(task, ctx, inner, input, path, (execution) => this.#keep(task.node.index, execution))
  }

  async #loop(
    task: Task,
    ctx: AttemptContext,
    inner: CompiledPipeline,
    input: unknown,
    path: string,
  ): Promise<unknown> {
    const { limit, code } = task.node.graph
    let state = input
    for (let i = 0; i < limit; i++) {
      state = await this.#inside(task, ctx, inner, state, `${path}[${i}]`)
      if (code.until?.(state as never, (i + 1) as never) === true) return state
    }
    const message = `Loop "${path}" ran ${limit} times and is not done.`
    throw new PipelineError('LOOP_LIMIT', message, { pipeline: task.pipeline, step: path })
  }

  #map(task: Task, ctx: AttemptContext, items: CompiledNode): unknown {
    const over = task.node.graph.code.over?.(task.argument as never)
    return inside(task, ctx, (owner) => {
      const map = new Items(task, items, over, runInner, owner)
      this.#keep(task.node.index, map)
      return map
    })
  }

  #keep(index: number, reporter: Reporter): void {
    const inner = (this.#inner ??= new Map<number, Reporter[]>())
    const list = inner.get(index)
    if (list === undefined) inner.set(index, [reporter])
    else list.push(reporter)
  }

  report(into: Results): void {
    for (const { index, graph } of this.#compiled.nodes) {
      into[this.#prefix + graph.id] = this.#resultOf(index)
      for (const reporter of this.#inner?.get(index) ?? []) reporter.report(into)
    }
  }

  #start(node: CompiledNode): void {
    const { index, rescues } = node
    if (node.chooses) return this.#choose(node)
    if (rescues >= 0 && this.#scheduler.state[rescues] !== State.failed) {
      this.#scheduler.settle(index, State.skipped)
      return this.#unstarted(index, State.skipped, 'not-needed')
    }
    this.#active++
    begin(new Task(this, node, node.needs(this.#values, this.#input), 1))
  }

  /** Answers a `select` or a `fallback` from the states of its sources. */
  #choose(node: CompiledNode): void {
    const { state } = this.#scheduler
    const { sources } = node.graph
    const task = new Task(this, node, undefined, 1)
    this.#active++
    const found = sources.find((i) => i < 0 || state[i] === State.succeeded || state[i] === State.restored)
    if (found !== undefined) return this.ended(task, State.succeeded, found < 0 ? this.#input : this.#values[found])
    const errors = sources.filter((i) => state[i] === State.failed).map((i) => this.#errors?.get(i))
    if (node.kind === 'select' || errors.length === 0) return this.ended(task, State.skipped, 'nothing-to-select')
    const step = this.pathOf(task)
    const cause = new AggregateError(errors, errors.map(messageOf).join('; '))
    const message = `All ${errors.length} alternatives of "${step}" failed: ${cause.message}`
    this.ended(
      task,
      State.failed,
      new PipelineError('FALLBACK_EXHAUSTED', message, { pipeline: node.pipeline, step, cause }),
    )
  }

  #finish(): void {
    this.#finished = true
    this.#endGrace?.()
    this.#owner.ended(this)
  }

  #failed(task: Task, error: unknown): void {
    const path = task.extra?.failedAt ?? this.pathOf(task)
    this.failure ??= { error, path }
    for (const index of this.#scheduler.fail(task.node.index)) this.#unstarted(index, State.skipped, 'upstream-failed')
    if (this.run.options.failure !== 'continue')
      this.stop(toAbortReason(new Error(`Step "${path}" failed`, { cause: error }), task.pipeline))
  }

  #record(task: Task, as: Settled, value: unknown): void {
    const { index } = task.node
    const result = resultOf(this.run, task, as, value)
    ;(this.#results ??= new Array<StepResult>(this.#compiled.nodes.length))[index] = result
    if (as === State.failed) (this.#errors ??= new Map<number, unknown>()).set(index, value)
    if (this.run.observes('step:end'))
      this.run.emit('step:end', endEvent(this.run, task.pipeline, task.stepId, result, value))
  }

  #unstarted(index: number, as: Settled, reason: string, stillRunning = false): void {
    const result: StepResult = { ...unstarted(as, reason), ...(stillRunning && { stillRunning }) }
    ;(this.#results ??= new Array<StepResult>(this.#compiled.nodes.length))[index] = result
    if (!this.run.observes('step:end')) return
    const { graph, pipeline } = this.#compiled.nodes[index]!
    this.run.emit('step:end', endEvent(this.run, pipeline, this.#prefix + graph.id, result, undefined))
  }

  /** A bare run keeps no record of a step that succeeded at its first attempt: there is nothing more to say of it. */
  #resultOf(index: number): StepResult {
    return this.#results?.[index] ?? { status: 'succeeded', output: this.#values[index], attempts: 1 }
  }
}
