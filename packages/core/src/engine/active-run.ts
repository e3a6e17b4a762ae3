import { toAbortReason } from '../abort.ts'
import { toMs } from '../duration.ts'
import type { PipelineError } from '../errors.ts'
import { wholeNumber } from '../number.ts'
import type { RunResult, RunStatus } from '../result.ts'
import type { RunOptions } from '../run-options.ts'
import { validate } from '../schema.ts'
import type { CompiledPipeline } from './compiled.ts'
import { Execution } from './execution.ts'
import { Gate } from './gate.ts'
import type { Host } from './host.ts'
import type { Outcome, Owner } from './inside.ts'
import {
  attachResult,
  copyOf,
  errorOfLayer,
  goesOnElsewhere,
  mayCarryResult,
  statusOf,
  stepFailed,
} from './run-errors.ts'
import { RunState } from './run-state.ts'
import { cancelAfter, cancelWith } from './run-limits.ts'
import { throughRun } from './run-layers.ts'
import { type Ending, endingOf, makeResult } from './run-result.ts'
import type { Undoable } from './task.ts'
import { isThenable, settleWith } from '../thenable.ts'
import { undoAll } from './undo.ts'

/** Takes the outcome of a run. */
export type Resolve = (output: unknown) => void
export type Reject = (error: PipelineError) => void

/** What run middleware has to do with the graph inside it. */
interface Around {
  /** Takes the outcome of the graph. */
  readonly resolve: Resolve
  readonly reject: Reject
  /** What comes after the graph, when the middleware did not wait for it. */
  then: (() => void) | null
  /** What the graph did and can take back, once it has succeeded. */
  undo: Undoable[] | null
}

const OUTERMOST: readonly number[] = []

/**
 * One run of a pipeline: checks the input, runs the middleware, executes the graph, undoes what has to be undone, and
 * tells the outcome once.
 */
export class ActiveRun extends RunState implements Owner {
  status: 'running' | RunStatus = 'running'
  readonly #compiled: CompiledPipeline
  readonly #input: unknown
  readonly #resolve: Resolve
  readonly #reject: Reject
  #root: Execution | null = null
  /** What is between the graph and the run when there is middleware around it. */
  #around: Around | null = null
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
    this.#input = input
    this.#resolve = resolve
    this.#reject = reject
    const { concurrency, timeout, grace, undoTimeout, signal } = options
    if (concurrency !== undefined) this.gate = new Gate(wholeNumber(concurrency, 'concurrency'))
    if (grace !== undefined && grace !== Infinity) this.graceMs = toMs(grace, 'option `grace` of the run')
    if (undoTimeout !== undefined) toMs(undoTimeout, 'option `undoTimeout` of the run') // found wrong now, not when it is needed
    if (timeout !== undefined) this.#releaseAtEnd(cancelAfter(this, toMs(timeout, 'option `timeout` of the run')))
    if (signal !== undefined) this.#releaseAtEnd(cancelWith(this, signal))
  }

  /** Starts it. Nothing of the user's runs before. */
  begin(): void {
    try {
      this.#begin()
    } catch (error) {
      // Something that was injected threw: the clock, the maker of ids.
      if (this.status === 'running') this.reject(errorOfLayer(this.owner.name, error))
    }
  }

  #begin(): void {
    this.#open()
    if (this.host.runLayers.length === 0 && this.#compiled.schema === null) return this.#execute(this.#input)
    settleWith(
      () => this.#checked((input) => this.#through(input)),
      (output) => this.#afterGraph(() => this.#end(null, output)),
      (error) =>
        this.#afterGraph(() => {
          // What is around the graph failed: what the graph did is taken back, unless it was already.
          const end = () => this.#end(errorOfLayer(this.owner.name, error), undefined)
          this.#takeBack(this.#around?.undo ?? null, end)
        }),
    )
  }

  /** Ends a run that cannot begin. */
  refuse(error: PipelineError): void {
    this.#open()
    this.reject(error)
  }

  /** Stops the run: what is running is told by its signal, nothing new starts. */
  cancel(reason: unknown): void {
    if (this.status !== 'running' || this.#reason !== null || (this.#root?.stopped ?? null) !== null) return
    this.#reason = toAbortReason(reason, this.owner.name)
    this.#controller?.abort(this.#reason)
    this.#root?.stop(this.#reason)
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
    else this.#takeBack(undo, () => (around ?? this).reject(error))
  }

  /** Ends the run: its graph has nothing around it. */
  resolve(output: unknown): void {
    this.#end(null, output)
  }

  reject(error: PipelineError): void {
    this.#end(error, undefined)
  }

  /** Undoes what was done, unless the run goes on elsewhere. */
  #takeBack(undo: Undoable[] | null, then: () => void): void {
    if (undo === null || goesOnElsewhere(this.#reason)) then()
    else void undoAll(undo).then(then)
  }

  #open(): void {
    this.open()
    if (!this.timed || !this.observes('run:start')) return
    const { owner, options } = this
    this.emit('run:start', {
      runId: this.id,
      at: this.now(),
      pipeline: owner.name,
      version: owner.version,
      input: this.#input,
      tags: options.tags ?? {},
    })
  }

  #checked(go: (input: unknown) => unknown): unknown {
    const { schema, owner } = this.#compiled
    if (schema === null) return go(this.#input)
    const what = `The input of pipeline "${owner.name}"`
    const valid = validate(schema, this.#input, 'INPUT_INVALID', what, { pipeline: owner.name })
    return isThenable(valid) ? valid.then(go) : go(valid)
  }

  /** Runs the graph inside the run middleware. */
  #through(input: unknown): unknown {
    const signal = () => (this.#controller ??= this.#newController()).signal
    return throughRun(
      this,
      input,
      signal,
      (reason) => this.cancel(reason),
      () => {
        const { promise, resolve, reject } = Promise.withResolvers<unknown>()
        this.#around = { resolve, reject, then: null, undo: null }
        this.#execute(input)
        return promise
      },
      () => this.status !== 'running',
    )
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
    // One error may fail several runs (a reason to cancel them all); each gets an error that leads to its own result.
    const error = failure === null || mayCarryResult(failure) ? failure : copyOf(failure)
    this.status = error === null ? 'succeeded' : statusOf(error)
    for (const release of this.#releases ?? []) release()
    if (this.timed || error !== null) this.#ending = endingOf(this, error, output)
    if (error !== null) attachResult(error, this)
    if (this.timed && this.observes('run:end')) {
      const { result, status, id: runId, owner } = this
      const event = { runId, at: this.now(), pipeline: owner.name, status, durationMs: result.durationMs, result }
      this.emit('run:end', error === null ? event : { ...event, error })
    }
    this.host.left()
    if (error === null) this.#resolve(output)
    else this.#reject(error)
  }

  #releaseAtEnd(release: () => void): void {
    ;(this.#releases ??= []).push(release)
  }
}
