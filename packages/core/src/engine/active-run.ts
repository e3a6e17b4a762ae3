import { abortCodeOf, toAbortReason } from '../abort.ts'
import { callAt } from '../clock.ts'
import { type Duration, toMs } from '../duration.ts'
import { serializeError } from '../error-data.ts'
import { messageOf, PipelineError } from '../errors.ts'
import { wholeNumber } from '../number.ts'
import type { RunContext, RunMiddleware } from '../plugin.ts'
import type { RunResult, RunStatus } from '../result.ts'
import { validate } from '../schema.ts'
import type { CompiledPipeline } from './compiled.ts'
import { Execution } from './execution.ts'
import { Gate } from './gate.ts'
import type { Host } from './host.ts'
import type { Results } from './records.ts'
import { type RunSettings, RunState } from './run-state.ts'
import { isThenable, settleWith } from './thenable.ts'
import { undoAll } from './undo.ts'

/** How a run is bounded, besides what all steps share. */
export interface RunLimits extends RunSettings {
  readonly signal?: AbortSignal | undefined
  readonly concurrency?: number | undefined
  readonly timeout?: Duration | undefined
  readonly grace?: Duration | undefined
}

/** How a run ended. */
export type Ended = { readonly output: unknown } | { readonly error: PipelineError }

/**
 * One run of a pipeline: checks the input, runs the middleware, executes the graph, undoes what has to be undone, and
 * tells the outcome once.
 */
export class ActiveRun {
  readonly state: RunState
  status: 'running' | RunStatus = 'running'
  readonly #compiled: CompiledPipeline
  readonly #limits: RunLimits
  readonly #input: unknown
  readonly #ended: (ended: Ended) => void
  /** What has to be forgotten when the run ends: timers, listeners. */
  readonly #releases: (() => void)[] = []
  #root: Execution | null = null
  #reason: PipelineError | null = null
  #controller: AbortController | null = null
  #result: RunResult | null = null

  constructor(
    host: Host,
    compiled: CompiledPipeline,
    input: unknown,
    limits: RunLimits,
    recorded: boolean,
    ended: (ended: Ended) => void,
  ) {
    const { concurrency, timeout } = limits
    this.state = new RunState(host, compiled.owner, limits, recorded)
    this.#compiled = compiled
    this.#limits = limits
    this.#input = input
    this.#ended = ended
    if (concurrency !== undefined) this.state.gate = new Gate(wholeNumber(concurrency, 'concurrency'))
    if (timeout !== undefined) this.#limitTime(toMs(timeout, 'option `timeout` of the run'))
    if (limits.signal !== undefined) this.#follow(limits.signal)
  }

  /** Starts it. Nothing happens before. */
  begin(): void {
    const { host, owner, tags } = this.state
    if (this.state.observes('run:start')) {
      this.state.emit('run:start', { pipeline: owner.name, version: owner.version, input: this.#input, tags })
    }
    const layers = host.plugins.flatMap((plugin) => plugin.run ?? [])
    if (layers.length === 0 && this.#compiled.schema === null)
      return this.#execute(this.#input, (ended) => this.#end(ended))
    settleWith(
      () => this.#checked((input) => this.#through(layers, input)),
      (output) => this.#end({ output }),
      (error) => this.#end({ error: this.#errorOf(error) }),
    )
  }

  /** Ends a run that cannot begin. */
  refuse(error: PipelineError): void {
    this.#end({ error })
  }

  /** Stops the run: what is running is told by its signal, nothing new starts. */
  cancel(reason: unknown): void {
    if (this.status !== 'running' || this.#reason !== null) return
    this.#reason = toAbortReason(reason, this.state.owner.name)
    this.#controller?.abort(this.#reason)
    this.#limitGrace(this.#reason)
    this.#root?.stop(this.#reason)
  }

  /** What became of the run; to be asked for when it has ended. */
  result(ended: Ended): RunResult {
    const { state } = this
    const { owner, tags } = state
    const finishedAt = state.host.clock.now()
    const steps: Results = {}
    if (this.#root !== null) this.#root.report(steps)
    else if ('error' in ended) {
      for (const { id } of owner.graph.nodes) steps[id] = { status: 'cancelled', reason: 'not-started', attempts: 0 }
    }
    return (this.#result ??= {
      runId: state.id,
      pipeline: owner.name,
      ...(owner.version !== undefined && { version: owner.version }),
      status: this.status as RunStatus,
      ...('error' in ended ? { error: serializeError(ended.error) } : { output: ended.output }),
      steps,
      startedAt: state.startedAt,
      finishedAt,
      durationMs: state.timed ? state.host.clock.monotonic() - state.startedMono : finishedAt - state.startedAt,
      ...(Object.keys(tags).length > 0 && { tags }),
    })
  }

  #checked(go: (input: unknown) => unknown): unknown {
    const { schema, owner } = this.#compiled
    if (schema === null) return go(this.#input)
    const what = `The input of pipeline "${owner.name}"`
    const valid = validate(schema, this.#input, 'INPUT_INVALID', what, { pipeline: owner.name })
    return isThenable(valid) ? valid.then(go) : go(valid)
  }

  #through(layers: readonly RunMiddleware[], input: unknown): unknown {
    const { state } = this
    const { owner, context, tags } = state
    const signal = () => (this.#controller ??= this.#newController()).signal
    const run: RunContext = {
      runId: state.id,
      pipeline: owner.name,
      version: owner.version,
      input,
      get signal() {
        return signal()
      },
      context,
      tags,
      cancel: (reason) => this.cancel(reason),
    }
    const dispatch = (depth: number): Promise<unknown> => {
      const layer = layers[depth]
      if (layer !== undefined) return Promise.resolve(layer(run, () => dispatch(depth + 1)))
      return new Promise((resolve, reject) => {
        this.#execute(input, (ended) => ('error' in ended ? reject(ended.error) : resolve(ended.output)))
      })
    }
    return dispatch(0)
  }

  #newController(): AbortController {
    const controller = new AbortController()
    if (this.#reason !== null) controller.abort(this.#reason)
    return controller
  }

  #execute(input: unknown, ended: (ended: Ended) => void): void {
    const { state } = this
    const root = new Execution(state, this.#compiled, input, '', [], (outcome) => {
      if (outcome.failure === null && outcome.stopped === null) return ended({ output: root.output })
      const error = outcome.failure === null ? (outcome.stopped as PipelineError) : this.#stepFailed(outcome.failure)
      if (outcome.undo === null) ended({ error })
      else void undoAll(outcome.undo).then(() => ended({ error }))
    })
    this.#root = root
    if (this.#reason === null) root.pump()
    else root.stop(this.#reason)
  }

  #stepFailed({ error, path }: { readonly error: unknown; readonly path: string }): PipelineError {
    const pipeline = this.state.owner.name
    const message = `Step "${path}" of pipeline "${pipeline}" failed: ${messageOf(error)}`
    return new PipelineError('STEP_FAILED', message, { pipeline, step: path, cause: error })
  }

  /** What a run middleware or a schema threw. */
  #errorOf(error: unknown): PipelineError {
    if (error instanceof PipelineError) return error
    const pipeline = this.state.owner.name
    const message = `A run middleware of pipeline "${pipeline}" failed: ${messageOf(error)}`
    return new PipelineError('STEP_FAILED', message, { pipeline, cause: error })
  }

  #end(ended: Ended): void {
    const { state } = this
    for (const release of this.#releases) release()
    this.status = 'error' in ended ? statusOf(ended.error) : 'succeeded'
    if ('error' in ended)
      Object.defineProperty(ended.error, 'result', { get: () => this.result(ended), configurable: true })
    if (state.observes('run:end')) {
      const result = this.result(ended)
      const { status, durationMs } = result
      state.emit('run:end', { pipeline: state.owner.name, status, durationMs, ...('error' in ended && ended), result })
    }
    this.#ended(ended)
  }

  #limitTime(ms: number): void {
    if (ms === Infinity) return
    const { host, owner } = this.state
    const late = () => {
      const message = `Pipeline "${owner.name}" was not done after ${ms} ms.`
      this.cancel(new PipelineError('TIMEOUT', message, { pipeline: owner.name }))
    }
    this.#releases.push(callAt(host.clock, host.clock.now() + ms, late))
  }

  #limitGrace(reason: PipelineError): void {
    const { grace = Infinity } = this.#limits
    const ms = toMs(grace, 'option `grace` of the run')
    if (ms === Infinity) return
    const { clock } = this.state.host
    this.#releases.push(callAt(clock, clock.now() + ms, () => this.#root?.abandon(reason)))
  }

  #follow(signal: AbortSignal): void {
    const abort = () => this.cancel(signal.reason)
    if (signal.aborted) return abort()
    signal.addEventListener('abort', abort, { once: true })
    this.#releases.push(() => signal.removeEventListener('abort', abort))
  }
}

function statusOf(error: PipelineError): RunStatus {
  const code = abortCodeOf(error)
  return code === undefined || code === 'TIMEOUT' ? 'failed' : 'cancelled'
}
