import { toAbortReason } from '../abort.ts'
import { idempotencyKeyOf } from '../ids.ts'
import { type Logger, silent } from '../logger.ts'
import type { AttemptContext, MiddlewareContext } from '../plugin.ts'
import type { PipelineError } from '../errors.ts'
import type { Settled } from '../scheduler.ts'
import type { CompiledNode } from './compiled.ts'
import type { Completion } from '../thenable.ts'
import type { RunState } from './run-state.ts'

/** What a task belongs to: the execution of a graph, or a map. It learns what becomes of the task, once. */
export interface Scope {
  readonly run: RunState
  /** Position in the run: indexes of the steps around it, outermost first. */
  readonly rank: readonly number[]
  /** Why nothing new may start, once that is so. */
  readonly stopped: PipelineError | null
  /** Sees to it that a task hears of a stop: one whose signal was read, that waits, or that runs others. */
  watch(task: Task): void
  unwatch(task: Task): void
  pathOf(task: Task): string
  /** The outputs that a task reads. */
  needsOf(task: Task): unknown
  /** The key of an item; `undefined` for a step. */
  keyOf(task: Task): string | undefined
  /** An attempt begins; told so that it can be named should it have to be given up. */
  entered(task: Task): void
  /** Whether a failure of this task goes no further: it is optional. */
  absorbs(task: Task): boolean
  /** Does the work of a node that runs others. */
  perform(task: Task, ctx: AttemptContext, completion: Completion): void
  /** Ends an attempt early, as failed with `reason`. */
  abort(task: Task, reason: Error, graceMs?: number): void
  /** A plain step has returned at its first attempt. */
  completed(task: Task, output: unknown): void
  /** The step has settled. `value` is its output, its error, or the reason it was skipped for. */
  ended(task: Task, as: Settled, value: unknown): void
  /** The undo of a completed task has run; `error` is what it threw. */
  undone(task: Task, error: { readonly thrown: unknown } | null): void
}

/** Something inside a task that can be told to stop. */
export interface Inner {
  stop(reason: PipelineError): void
  /** Gives up what has not returned. */
  abandon(reason: PipelineError): void
}

/** A completed task that can be undone. */
export interface Undoable {
  readonly order: number
  readonly task: Task
  readonly output: unknown
}

/** The middleware around a step: takes the outcome of its attempts in place of the scope. */
export interface StepLayer {
  /** The attempt that is running or waiting, or the last one. */
  current: Task
  /** Whether the middleware has answered: what becomes of an attempt does not count any more. */
  readonly over: boolean
  ended(as: Settled, value: unknown): void
}

/** What few tasks need. */
export class TaskExtra {
  controller: AbortController | null = null
  cleanups: (() => void)[] | null = null
  /** What a task that runs others is running. */
  inner: Inner | null = null
  /** Ends the wait for the next attempt. */
  endWait: (() => void) | null = null
  /** What the function returned to attempt middleware; and how many of its calls are watched and have not returned. */
  call: unknown = null
  inFlight = 0
  /** Whether the function has not returned although the attempt has settled. */
  stillRunning = false
  /** Called when that function has returned after all. */
  onReturn: (() => void) | null = null
  /** Whether it holds a slot of the gate, and how long the gate kept it, ms. */
  slot = false
  waitMs = 0
  /** The step middleware around this attempt. */
  layer: StepLayer | null = null
  /** The context that the step middleware made for it. */
  context: MiddlewareContext | null = null
  /** What was completed inside and can be undone; and what was completed by what failed inside. */
  undo: Undoable[] | null = null
  lost: Undoable[] | null = null
  /** What the attempt fails with once what runs inside has stopped, instead of what that says. */
  failWith: Error | null = null
  /** Path of the step inside that failed. */
  failedAt: string | null = null
}

/**
 * One attempt of a step, from the moment it may start until it has settled. It is also the context that user code gets:
 * one allocation for both. `self` leads from a derived context back to the task.
 */
export class Task implements AttemptContext {
  readonly scope: Scope
  readonly node: CompiledNode
  /** What the function gets: what the step needs, or the item. */
  readonly argument: unknown
  /** Position among the tasks of its scope. */
  readonly position: number
  /** Number of the attempt: what a context says of it cannot be changed from outside. */
  tries: number
  /** Whether its attempt was launched, and whether it has settled. */
  phase: 'new' | 'launched' | 'settled' = 'new'
  /** When the first attempt started, monotonic ms; `null` when times are not taken. */
  startedMono: number | null = null
  extra: TaskExtra | null = null

  constructor(scope: Scope, node: CompiledNode, argument: unknown, position: number, tries = 1) {
    this.scope = scope
    this.node = node
    this.argument = argument
    this.position = position
    this.tries = tries
  }

  /** The next attempt of the same step. */
  again(): Task {
    const { extra } = this
    const next = new Task(this.scope, this.node, this.argument, this.position, this.tries + 1)
    next.startedMono = this.startedMono
    if (!extra?.layer) return next
    const more = next.more()
    more.context = extra.context
    more.layer = extra.layer
    more.layer.current = next
    return next
  }

  more(): TaskExtra {
    return (this.extra ??= new TaskExtra())
  }

  /** The task itself; a context that was derived from it has it as its own property. */
  get self(): this {
    return this
  }

  // The context. Everything is found when it is asked for, and everything works on a derived context too.

  get runId(): string {
    return this.self.scope.run.id
  }

  get pipeline(): string {
    return this.self.node.pipeline
  }

  get stepId(): string {
    const { self } = this
    return self.scope.pathOf(self)
  }

  get attempt(): number {
    return this.self.tries
  }

  get key(): string | undefined {
    const { self } = this
    return self.scope.keyOf(self)
  }

  get needs(): unknown {
    const { self } = this
    return self.scope.needsOf(self)
  }

  get item(): unknown {
    const { node, argument } = this.self
    return node.kind === 'item' ? argument : undefined
  }

  get stopped(): PipelineError | undefined {
    return this.self.scope.stopped ?? undefined
  }

  get signal(): AbortSignal {
    const { self } = this
    const more = self.more()
    if (more.controller !== null) return more.controller.signal
    more.controller = new AbortController()
    const reason = self.scope.stopped ?? more.failWith
    if (reason !== null) more.controller.abort(toAbortReason(reason, self.pipeline))
    else if (self.phase !== 'settled') self.scope.watch(self)
    return more.controller.signal
  }

  get use(): Readonly<Record<string, unknown>> {
    const { node, scope } = this.self
    return Object.fromEntries(Object.entries(node.graph.uses).map(([name, id]) => [name, scope.run.service(id)]))
  }

  get idempotencyKey(): string {
    return idempotencyKeyOf(this.runId, this.stepId)
  }

  get context(): Readonly<Record<string, unknown>> {
    return this.self.scope.run.options.context ?? {}
  }

  get progress(): (value: unknown) => void {
    const { self } = this
    const { run } = self.scope
    return (value) => {
      if (run.observes('step:progress'))
        run.emit('step:progress', { runId: run.id, at: run.now(), pipeline: self.pipeline, stepId: self.stepId, value })
    }
  }

  get log(): Logger {
    const { host, context } = this.self.scope.run
    return host.fields.log?.(this, context) ?? silent
  }

  get now(): () => number {
    const { clock } = this.self.scope.run.host
    return () => clock.now()
  }

  get random(): () => number {
    return this.self.scope.run.host.random
  }

  get abort(): AttemptContext['abort'] {
    const { self } = this
    return (reason, graceMs) => self.scope.abort(self, reason, graceMs)
  }

  /** What `console.log` prints of a context: not the engine. */
  [Symbol.for('nodejs.util.inspect.custom')](): object {
    const { runId, pipeline, stepId, key, attempt } = this
    return { runId, pipeline, stepId, ...(key !== undefined && { key }), attempt }
  }

  get defer(): (cleanup: () => void) => void {
    const { self } = this
    return (cleanup) => {
      if (self.phase === 'settled') cleanup()
      else (self.more().cleanups ??= []).push(cleanup)
    }
  }
}
