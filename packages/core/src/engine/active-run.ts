import { toAbortReason } from '../abort.ts'
import { toMs } from '../duration.ts'
import type { PipelineError } from '../errors.ts'
import { wholeNumber } from '../number.ts'
import type { RunResult, RunStatus } from '../result.ts'
import type { RunOptions } from '../run-options.ts'
import type { CompiledPipeline } from './compiled.ts'
import { Execution } from './execution.ts'
import { Gate } from './gate.ts'
import type { Host } from './host.ts'
import type { Outcome, Owner } from './inside.ts'
import { attachResult, copyOf, errorOfLayer, mayCarryResult, statusOf, stepFailed } from './run-errors.ts'
import { RunState } from './run-state.ts'
import { cancelAfter, cancelWith } from './run-limits.ts'
import { type Around, type Reject, type Resolve, throughRun } from './run-layers.ts'
import { tellEnd, tellStart } from './run-events.ts'
import { checkedInput } from './run-input.ts'
import { type Ending, endingOf, makeResult } from './run-result.ts'
import type { Undoable } from './task.ts'
import { isThenable, settleWith } from '../thenable.ts'
import { undoAll } from './undo.ts'

const OUTERMOST: readonly number[] = []

/**
 * One run of a pipeline: checks the input, runs the middleware, executes the graph, undoes what has to be undone, and
 * tells the outcome once.
 */
export class ActiveRun extends RunState implements Owner {
  status: 'running' | RunStatus = 'running'
  readonly #compiled: CompiledPipeline
  /** The input, as it was given. */
  readonly given: unknown
  readonly #resolve: Resolve
  readonly #reject: Reject
  #root: Execution | null = null
  /** What is between the graph and the run when there is middleware around it. */
  #around: Around | null = null
  /** What it waits for before its graph: plugins being set up, the schema of its input. Neither knows a signal. */
  #waiting: 'setup' | 'schema' | null = null
  /** Why the run is to stop. */
  #reason: PipelineError | null = null
  #controller: AbortController | null = null
  /** What has to be forgotten when the run ends: timers, listeners. */
  #releases: (() => void)[] | null = null
  /** How it ended; not kept for a bare run that succeeded, of which nobody can ask. */
  #ending: Ending | null = null
  #result: RunResult | null = null

  /** @throws PipelineError `OPTION_INVALID` */
  constructor(
    host: Host,
    compiled: CompiledPipeline,
    input: unknown,
    options: RunOptions,
    recorded: boolean,
    resolve: Resolve,
    reject: Reject,
  ) {
    super(host, compiled.owner, options, recorded)
    this.#compiled = compiled
    this.given = input
    this.#resolve = resolve
    this.#reject = reject
    const { concurrency, timeout, grace, undoTimeout, signal } = options
    if (concurrency !== undefined) this.gate = new Gate(wholeNumber(concurrency, 'concurrency'))
    if (grace !== undefined && grace !== Infinity) this.graceMs = toMs(grace, 'option `grace` of the run')
    if (undoTimeout !== undefined) toMs(undoTimeout, 'option `undoTimeout` of the run') // found wrong now, not when it is needed
    if (timeout !== undefined) this.#releaseAtEnd(cancelAfter(this, toMs(timeout, 'option `timeout` of the run')))
    if (signal !== undefined) this.#releaseAtEnd(cancelWith(this, signal))
  }

  /** Waits for `ready` and starts; ends when it is stopped before. */
  beginAfter(ready: Promise<void>): Promise<void> {
    this.#waiting = 'setup'
    if (this.#reason !== null) this.refuse(this.#reason)
    return ready.then(
      () => this.begin(),
      (error: unknown) => this.refuse(error as PipelineError),
    )
  }

  /** Starts it. Nothing of the user's runs before. */
  begin(): void {
    this.#waiting = null
    if (this.status !== 'running') return
    try {
      this.#begin()
    } catch (error) {
      // Something that was injected threw: the clock, the maker of ids.
      this.reject(errorOfLayer(this.owner.name, error))
    }
  }

  #begin(): void {
    this.#open()
    if (this.host.runLayers.length === 0 && this.#compiled.schema === null) return this.#execute(this.given)
    settleWith(
      () => this.#checked((input) => (this.status === 'running' ? this.#through(input) : undefined)),
      (output) => this.#afterGraph(() => this.#end(null, output)),
      (error) =>
        this.#afterGraph(() => {
          // What is around the graph failed: what the graph did is taken back, unless it was already.
          const failure = errorOfLayer(this.owner.name, error)
          this.#takeBack(failure, this.#around?.undo ?? null, () => this.#end(failure, undefined))
        }),
    )
  }

  /** Ends a run that cannot begin. */
  refuse(error: PipelineError): void {
    if (this.status !== 'running') return
    this.#open()
    this.reject(error)
  }

  /** Stops the run: what is running is told by its signal, nothing new starts. */
  cancel(reason: unknown): void {
    if (this.status !== 'running') return
    const why = toAbortReason(reason, this.owner.name)
    this.interrupt(why)
    if ((this.ending ?? this.#reason ?? this.#root?.stopped ?? null) !== null) return
    this.#reason = why
    if (this.#waiting === 'setup') return this.refuse(this.#reason)
    if (this.#waiting === 'schema') return this.reject(this.#reason)
    this.#controller?.abort(this.#reason)
    if (this.#root === null || this.#root.over) this.#endAfterGrace(this.#reason)
    else this.#root.stop(this.#reason)
  }

  /** Ends it without the middleware that has not answered when the grace is over. */
  #endAfterGrace(reason: PipelineError): void {
    const forget = this.afterGrace(() => this.reject(reason))
    if (forget !== null) this.#releaseAtEnd(forget)
  }

  /** What became of the run, once it has ended; for runs that were timed or failed. */
  get result(): RunResult {
    return (this.#result ??= makeResult(this, this.#ending!, this.#root))
  }

  /** The graph has settled. */
  ended({ failure, stopped, undo, output }: Outcome): void {
    const error = failure !== null ? stepFailed(this.owner.name, failure) : (stopped as PipelineError | null)
    const around = this.#around
    if (around !== null && (error === null || around.then !== null)) around.undo = undo
    if (around?.then) {
      // A middleware further in may still wait for the graph.
      if (error === null) around.resolve(output)
      else around.reject(error)
      around.then()
    } else if (error === null) (around ?? this).resolve(output)
    else
      this.#takeBack(error, undo, () => {
        if (around !== null && this.#reason !== null) this.#endAfterGrace(this.#reason)
        ;(around ?? this).reject(error)
      })
  }

  /** Ends the run: its graph has nothing around it. */
  resolve(output: unknown): void {
    this.#end(null, output)
  }

  reject(error: PipelineError): void {
    this.#end(error, undefined)
  }

  #takeBack(error: PipelineError, undo: Undoable[] | null, then: () => void): void {
    this.ending = error
    if (this.#reason !== null) this.interrupt(this.#reason) // it may have become resumable since it was stopped
    if (undo === null || this.interrupted !== null) then()
    else void undoAll(undo).then(then)
  }

  /** Undoes what the graph completed while the middleware around it has not answered. */
  takeBackGraph(error: unknown): Promise<void> {
    const around = this.#around
    const undo = around?.undo ?? null
    if (around !== null) around.undo = null
    return new Promise((resolve) => this.#takeBack(errorOfLayer(this.owner.name, error), undo, resolve))
  }

  #open(): void {
    this.open()
    if (this.timed) tellStart(this, this.given)
  }

  #checked(go: (input: unknown) => unknown): unknown {
    const valid = checkedInput(this.#compiled, this.given)
    if (!isThenable(valid)) return go(valid)
    this.#waiting = 'schema'
    return valid.then((input) => {
      this.#waiting = null
      return go(input)
    })
  }

  /** Runs the graph inside the run middleware. */
  #through(input: unknown): unknown {
    return throughRun(this, input, () => {
      const { promise, resolve, reject } = Promise.withResolvers<unknown>()
      this.#around = { resolve, reject, then: null, undo: null }
      this.#execute(input)
      return promise
    })
  }

  /** Aborts when the run is to stop. */
  get signal(): AbortSignal {
    return (this.#controller ??= this.#newController()).signal
  }

  #newController(): AbortController {
    const controller = new AbortController()
    if (this.#reason !== null) controller.abort(this.#reason)
    return controller
  }

  #execute(input: unknown): void {
    this.#root = new Execution(this, this.#compiled, input, '', OUTERMOST, this)
    if (this.#reason === null) this.#root.pump()
    else this.#root.stop(this.#reason)
  }

  /** Goes on when the graph has settled; a graph that is still running was answered for, and stops. */
  #afterGraph(then: () => void): void {
    if (this.#root === null || this.#root.over || this.#around === null) return then()
    this.#around.then = then
    this.#root.stop(toAbortReason(new Error('A run middleware answered'), this.owner.name))
  }

  #end(failure: PipelineError | null, output: unknown): void {
    if (this.status !== 'running') return
    // One error may fail several runs (a reason to cancel them all); each gets an error that leads to its own result.
    const error = failure === null || mayCarryResult(failure) ? failure : copyOf(failure)
    this.status = error === null ? 'succeeded' : statusOf(error)
    for (const release of this.#releases ?? []) release()
    if (this.timed || error !== null) this.#ending = endingOf(this, error, output)
    if (error !== null) attachResult(error, this)
    if (this.timed) tellEnd(this, error)
    this.host.left(this)
    if (error === null) this.#resolve(output)
    else this.#reject(error)
  }

  #releaseAtEnd(release: () => void): void {
    ;(this.#releases ??= []).push(release)
  }
}
