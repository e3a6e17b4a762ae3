import type { Completion } from '../thenable.ts'
import { messageOf, PipelineError } from '../errors.ts'
import { INPUT } from '../graph.ts'
import type { AttemptContext } from '../plugin.ts'
import { Scheduler, type Settled, State } from '../scheduler.ts'
import { begin } from './begin.ts'
import type { CompiledNode, CompiledPipeline } from './compiled.ts'
import { inside, type Owner, type RunInner, withInput } from './inside.ts'
import { Items } from './items.ts'
import { loop } from './loop.ts'
import { needsOf } from './needs.ts'
import { type Reporter, reasonOf, type Results } from './records.ts'
import type { RunState } from './run-state.ts'
import { StepRecords } from './step-records.ts'
import { Task } from './task.ts'
import { TaskScope } from './task-scope.ts'

/** Runs a pipeline inside a task. */
const runInner: RunInner = (task, ctx, inner, input, path, keep, completion) =>
  withInput(task, inner, input, completion, (value) =>
    inside(task, ctx, completion, (owner) => {
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
export class Execution extends TaskScope implements Reporter {
  readonly #compiled: CompiledPipeline
  readonly #input: unknown
  readonly #prefix: string
  readonly #scheduler: Scheduler
  readonly #values: unknown[]
  /** Made when there is something to keep: a bare run that succeeds has nothing. */
  #records: StepRecords | null = null
  /** What alternatives threw, for the fallback they belong to. */
  #errors: Map<number, unknown> | null = null

  /** @param prefix of the paths of its steps: empty, or the path of the outer step and a slash */
  constructor(
    run: RunState,
    compiled: CompiledPipeline,
    input: unknown,
    prefix: string,
    rank: readonly number[],
    owner: Owner,
  ) {
    super(run, rank, owner)
    this.#compiled = compiled
    this.#input = input
    this.#prefix = prefix
    this.#scheduler = new Scheduler(compiled.topology)
    this.#values = new Array<unknown>(compiled.nodes.length)
  }

  override get output(): unknown {
    const { output, owner } = this.#compiled
    if (!owner.graph.output.single) return needsOf(output, this.#values, this.#input)
    return output.source === INPUT ? this.#input : this.#values[output.source]
  }

  get records(): StepRecords {
    return (this.#records ??= new StepRecords(
      this.run,
      this.#compiled,
      this.#prefix,
      this.#values,
      this.#scheduler.state,
    ))
  }

  report(into: Results): void {
    this.records.report(into)
  }

  pathOf(task: Task): string {
    return this.#prefix + task.node.graph.id
  }

  needsOf(task: Task): unknown {
    return task.argument
  }

  keyOf(): undefined {
    return undefined
  }

  absorbs(task: Task): boolean {
    return task.node.graph.optional
  }

  completed(task: Task, output: unknown): void {
    const { position } = task
    this.active--
    this.#values[position] = output
    if (this.run.timed) this.records.ended(task, State.succeeded, output)
    this.#scheduler.settle(position, State.succeeded)
    this.pump()
    this.run.endTurn()
  }

  undone(task: Task, error: { readonly thrown: unknown } | null): void {
    this.records.undone(task.node.index, error)
  }

  perform(task: Task, ctx: AttemptContext, completion: Completion): void {
    const { kind, graph, index, inner, items } = task.node
    const path = this.pathOf(task)
    this.#records?.forget(index)
    const keep = (reporter: Reporter) => this.records.keep(index, reporter)
    if (items !== null) {
      const over = graph.code.over?.(task.argument as never, ctx as never)
      return inside(task, ctx, completion, (owner) => {
        const map = new Items(task, items, over, runInner, owner)
        keep(map)
        return map
      })
    }
    const input: unknown = graph.code.input?.(task.argument as never)
    const run = (state: unknown, at: string, done: Completion) => runInner(task, ctx, inner!, state, at, keep, done)
    if (kind === 'call') run(input, path, completion)
    else loop(task, path, input, run, completion)
  }

  protected get exhausted(): boolean {
    return this.#scheduler.pending === 0
  }

  protected fill(): void {
    while (this.stopped === null) {
      const index = this.#scheduler.next()
      if (index < 0) return
      const node = this.#compiled.nodes[index]!
      if (node.plain || this.#starts(node)) {
        this.active++
        begin(new Task(this, node, needsOf(node, this.#values, this.#input), index))
      }
    }
  }

  protected settled(task: Task, as: Settled, value: unknown, isolated: boolean): void {
    const { index, graph } = task.node
    if (as === State.succeeded || as === State.restored) this.#values[index] = value
    if (this.run.timed || as !== State.succeeded || task.tries > 1) this.records.ended(task, as, value)
    if (as === State.failed && (isolated || !graph.optional)) {
      for (const dependant of this.#scheduler.fail(index)) {
        this.records.unstarted(dependant, State.skipped, 'upstream-failed')
      }
      return this.fails(task, value, isolated)
    }
    if (as === State.failed) (this.#errors ??= new Map<number, unknown>()).set(index, value)
    this.#scheduler.settle(index, as)
  }

  protected drop(reason: PipelineError): void {
    const why = this.failure === null ? reasonOf(reason) : 'run-failed'
    for (const index of this.#scheduler.stop()) this.records.unstarted(index, State.cancelled, why)
  }

  protected giveUp(task: Task, reason: PipelineError): void {
    this.records.ended(task, State.cancelled, reason)
    this.#scheduler.settle(task.node.index, State.cancelled)
  }

  /** Whether a node is started: a choice is answered, an alternative is needed only when the one before has failed. */
  #starts(node: CompiledNode): boolean {
    const { index, rescues } = node
    if (node.chooses) {
      this.#choose(node)
      return false
    }
    if (rescues < 0 || this.#scheduler.state[rescues] === State.failed) return true
    this.#scheduler.settle(index, State.skipped)
    this.records.unstarted(index, State.skipped, 'not-needed')
    return false
  }

  /** Answers a `select` or a `fallback` from the states of its sources. */
  #choose(node: CompiledNode): void {
    const { state } = this.#scheduler
    const { sources } = node.graph
    const task = new Task(this, node, undefined, node.index)
    this.active++
    const found = sources.find((i) => i < 0 || state[i] === State.succeeded || state[i] === State.restored)
    if (found !== undefined) return this.ended(task, State.succeeded, found < 0 ? this.#input : this.#values[found])
    const errors = sources.filter((i) => state[i] === State.failed).map((i) => this.#errors?.get(i))
    if (node.kind === 'select' || errors.length === 0) return this.ended(task, State.skipped, 'nothing-to-select')
    const step = this.pathOf(task)
    const cause = new AggregateError(errors, errors.map(messageOf).join('; '))
    const message = `All ${errors.length} alternatives of "${step}" failed: ${cause.message}`
    const { pipeline } = node
    this.ended(task, State.failed, new PipelineError('FALLBACK_EXHAUSTED', message, { pipeline, step, cause }))
  }
}
