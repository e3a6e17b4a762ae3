import type { Completion } from '../thenable.ts'
import { toAbortReason } from '../abort.ts'
import type { PipelineError } from '../errors.ts'
import { isIsolated } from '../isolated.ts'
import type { AttemptContext } from '../plugin.ts'
import { type Settled, State } from '../scheduler.ts'
import { releaseSlot } from './admit.ts'
import { settle } from './attempt.ts'
import { abort, cancel } from './interrupt.ts'
import type { Body, FirstFailure, Owner } from './inside.ts'
import type { RunState } from './run-state.ts'
import type { Scope, Task, Undoable } from './task.ts'
import { joined } from './undo.ts'

/** What executions and maps have in common: they start tasks while they may, and end when nothing is running. */
export abstract class TaskScope implements Scope, Body {
  readonly run: RunState
  readonly rank: readonly number[]
  stopped: PipelineError | null = null
  failure: FirstFailure | null = null
  /** What was completed and can be undone. */
  undo: Undoable[] | null = null
  /** How many tasks have begun and not ended. */
  protected active = 0
  protected finished = false
  readonly #owner: Owner
  /** While somebody holds it nothing starts and it does not end: an observer may stop it in the middle of anything. */
  #holds = 0
  #live: Set<Task> | null = null
  /** What is running; known only when it may have to be given up. */
  readonly #entered: Map<number, Task> | null
  #endGrace: (() => void) | null = null

  /** @param owner told once, when nothing is running any more */
  constructor(run: RunState, rank: readonly number[], owner: Owner) {
    this.run = run
    this.rank = rank
    this.#owner = owner
    this.#entered = run.graceMs === null ? null : new Map()
  }

  /** Whether everything has settled. */
  get over(): boolean {
    return this.finished
  }

  /** What it amounts to; to be asked for when it has succeeded. */
  abstract get output(): unknown
  abstract pathOf(task: Task): string
  abstract needsOf(task: Task): unknown
  abstract keyOf(task: Task): string | undefined
  abstract absorbs(task: Task): boolean
  abstract perform(task: Task, ctx: AttemptContext, completion: Completion): void
  abstract completed(task: Task, output: unknown): void
  abstract undone(task: Task, error: { readonly thrown: unknown } | null): void
  /** Starts what may start now. Nothing has stopped it. */
  protected abstract fill(): void
  /** Whether nothing is left to be started. */
  protected abstract get exhausted(): boolean
  /** Keeps the outcome of a task, and does what follows from it. An isolated failure goes further in any case. */
  protected abstract settled(task: Task, as: Settled, value: unknown, isolated: boolean): void
  /** Settles what has not started. */
  protected abstract drop(reason: PipelineError): void
  /** Settles a task that is given up while it runs. */
  protected abstract giveUp(task: Task, reason: PipelineError): void

  pump(): void {
    if (this.#holds > 0) return // whoever holds it pumps when it is done: no recursion, and no end in between
    this.#holds++
    if (this.stopped === null) this.fill()
    this.#holds--
    if (this.active === 0 && !this.finished && (this.stopped !== null || this.exhausted)) this.close()
  }

  stop(reason: PipelineError): void {
    if (this.stopped !== null || this.finished) return
    this.stopped = reason
    this.#endGrace = this.run.afterGrace(() => this.abandon(reason))
    this.#holds++
    this.drop(reason)
    for (const task of this.#live ?? []) cancel(task, reason)
    this.run.gate?.flush()
    this.#holds--
    this.pump()
  }

  abandon(reason: PipelineError): void {
    for (const { extra } of this.#entered?.values() ?? []) extra?.inner?.abandon(reason)
    if (this.finished) return
    for (const task of this.#entered?.values() ?? []) {
      const more = task.more()
      more.stillRunning = true
      if (task.phase === 'launched') settle(task)
      this.giveUp(task, reason)
      this.#keepUndo(task)
      more.layer?.ended(State.cancelled, reason) // its middleware learns of it by `next`
      releaseSlot(task)
    }
    this.finish()
  }

  abort(task: Task, reason: Error, graceMs?: number): void {
    abort(task, reason, graceMs)
  }

  entered(task: Task): void {
    this.#entered?.set(task.position, task)
  }

  watch(task: Task): void {
    ;(this.#live ??= new Set()).add(task)
  }

  unwatch(task: Task): void {
    this.#live?.delete(task)
  }

  ended(task: Task, as: Settled, value: unknown): void {
    if (this.finished) return
    this.#entered?.delete(task.position)
    this.active--
    if (task.node.undo !== null && (as === State.succeeded || as === State.restored)) {
      ;(this.undo ??= []).push({ order: this.run.completions++, task, output: value })
    }
    this.#keepUndo(task)
    this.#holds++
    const isolated = as === State.failed && isIsolated(value)
    this.settled(task, as, isolated ? value.error : value, isolated)
    this.#holds--
    this.pump()
    this.run.endTurn()
  }

  /** A failure goes further: everything else is stopped, unless it may go on. */
  protected fails(task: Task, error: unknown, isolated: boolean): void {
    const own = this.pathOf(task)
    const path = task.extra?.failedAt ?? own
    const alone = isolated || this.run.isolates?.(own) === true
    if (this.failure === null || (this.failure.isolated && !alone)) this.failure = { error, path, isolated: alone }
    if (alone || this.run.options.failure === 'continue') return
    const what = task.node.kind === 'item' ? 'Item' : 'Step'
    this.stop(toAbortReason(new Error(`${what} "${path}" failed`, { cause: error }), task.pipeline))
  }

  /** What was completed inside a task can be undone as long as this can. */
  #keepUndo({ extra }: Task): void {
    if (extra === null) return
    if (extra.undo !== null) this.undo = joined(this.undo, extra.undo)
    if (extra.lost !== null) this.undo = joined(this.undo, extra.lost)
  }

  /** Nothing is running any more, and nothing will start. */
  protected close(): void {
    this.finish()
  }

  protected finish(): void {
    this.finished = true
    this.#endGrace?.()
    this.#owner.ended(this)
  }
}
