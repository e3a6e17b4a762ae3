import { type Clock, isClock } from './clock.ts'
import { type Duration, toMs } from './duration.ts'
import { dryRun, type DryRunReport } from './dry-run.ts'
import type { ErrorReporter, Events } from './emitter.ts'
import { createHost } from './engine/create-host.ts'
import { Lifecycle } from './engine/lifecycle.ts'
import { checkPlugins } from './engine/plugin-check.ts'
import type { ActiveRun } from './engine/active-run.ts'
import type { Resolve } from './engine/run-layers.ts'
import { prepare } from './engine/start.ts'
import { aFunction, anObject, checkOptions, type OptionRules } from './options.ts'
import type { Pipeline } from './pipeline.ts'
import type { Plugin } from './plugin.ts'
import { Run } from './run.ts'
import type { Arguments, DryRunArguments, RunArguments, RunOptions, StartOptions } from './run-options.ts'
import { NO_OPTIONS } from './run-options-check.ts'

/** What a pipe is made of. Everything is optional. */
export interface PipeOptions<S> {
  /** Plugins; the first is the outermost in its layer. */
  readonly plugins?: readonly Plugin[]
  /** Services by id, for all runs. Typed: a pipeline that requires others does not compile without them. */
  readonly services?: S
  /** Time. Default: that of the machine. */
  readonly clock?: Clock
  /** Numbers from 0 up to, not including, 1. Default: `Math.random`. */
  readonly random?: () => number
  /** Ids of runs. Default: UUIDs version 7. */
  readonly newId?: () => string
  /** Gets errors that must not change a run: of observers, of iterators being closed. Default: `console.error`. */
  readonly onError?: ErrorReporter
}

const rules: OptionRules<PipeOptions<unknown>> = {
  plugins: ['an array', Array.isArray],
  services: anObject,
  clock: ['an object with now, monotonic, setTimeout and clearTimeout', isClock],
  random: aFunction,
  newId: aFunction,
  onError: aFunction,
}

/** How a pipe is closed. */
export interface CloseOptions {
  /**
   * How long runs may take to end; then they are stopped with `SHUTDOWN`, undone unless another process goes on with
   * them, and waited for. Default: no limit.
   */
  readonly grace?: Duration
}

const ofClose: OptionRules<CloseOptions> = { grace: ['', () => true] } // toMs knows better

/** The kernel object: plugins, services and a clock, to run pipelines with. Made by {@link createPipe}. */
export interface Pipe<S = Record<never, never>> extends AsyncDisposable {
  /** Events of all runs. */
  readonly events: Events
  /**
   * Runs a pipeline and resolves with its output. No times are taken unless somebody observes.
   *
   * Rejects with a `PipelineError`: `STEP_FAILED` with what the step threw as `cause` and the whole result as `result`,
   * `CANCELLED`, `TIMEOUT`, `INPUT_INVALID`, `SERVICE_MISSING`, `OPTION_UNKNOWN`, `PLUGIN_SETUP_FAILED`, `PIPE_CLOSED` …
   */
  run<I, O, Q>(pipeline: Pipeline<I, O, Q>, ...args: RunArguments<Pipeline<I, O, Q>, S, RunOptions>): Promise<O>
  /**
   * Starts a pipeline, and returns at once with something to watch and control it by. Everything is recorded.
   *
   * @throws PipelineError when the run cannot begin: `SERVICE_MISSING`, `OPTION_UNKNOWN`, `OPTION_INVALID`, `PIPE_CLOSED`
   */
  start<I, O, Q>(pipeline: Pipeline<I, O, Q>, ...args: RunArguments<Pipeline<I, O, Q>, S, StartOptions>): Run<O>
  /** Says of each step whether it could run, without running anything or changing anything. */
  dryRun<I, O, Q>(pipeline: Pipeline<I, O, Q>, ...args: DryRunArguments<Pipeline<I, O, Q>>): Promise<DryRunReport>
  /**
   * Lets no new run begin, waits for those there are, and closes the plugins in reverse order. May be called again. A step
   * must not wait for it: it waits for the step.
   *
   * Rejects with an `AggregateError` when plugins could not be closed; all were tried.
   */
  close(options?: CloseOptions): Promise<void>
}

/**
 * Makes a pipe.
 *
 * ```ts
 * const pipe = createPipe({ plugins: [retry(), timeout()], services: { db } })
 * const { mail } = await pipe.run(onboarding, { id: '1' })
 * ```
 * @throws PipelineError `OPTION_INVALID`, `PLUGIN_INVALID`
 */
export function createPipe<const S extends object = Record<never, never>>(options: PipeOptions<S> = {}): Pipe<S> {
  checkOptions(options, rules, { owner: 'createPipe()' })
  const allowed = checkPlugins(options.plugins ?? [])
  const parts = options as PipeOptions<Readonly<Record<string, unknown>>>
  const lifecycle = new Lifecycle((left) => createHost(parts, allowed, left))
  const { host } = lifecycle
  const close: Pipe<S>['close'] = async (options = {}) => {
    const { grace = Infinity } = checkOptions(options, ofClose, { owner: 'close()' })
    await lifecycle.close(toMs(grace, 'option `grace` of close()'))
  }

  /** Prepares a run that counts as one of this pipe's. */
  const enter: typeof prepare = (...args) => {
    lifecycle.enter()
    try {
      const active = prepare(...args)
      lifecycle.begun(active)
      return active
    } catch (error) {
      host.left()
      throw error
    }
  }

  /** Begins a run when the plugins are set up. */
  const begin = (active: ActiveRun): Promise<void> | void => {
    const { ready } = lifecycle
    return ready === null ? active.begin() : active.beginAfter(ready)
  }

  return {
    events: host.events,
    run: (pipeline, ...args) => {
      const [input, settings = NO_OPTIONS] = args as Arguments<RunOptions>
      return new Promise((resolve, reject) => {
        void begin(enter(host, pipeline, input, settings, false, resolve as Resolve, reject))
      })
    },
    start: (pipeline, ...args) => {
      const [input, settings = NO_OPTIONS] = args as Arguments<StartOptions>
      return new Run(
        (resolve, reject) => enter(host, pipeline, input, settings, true, resolve, reject),
        begin,
        settings,
      )
    },
    dryRun: async (pipeline, ...args) => {
      const [input, settings = NO_OPTIONS] = args as Arguments<RunOptions>
      lifecycle.enter()
      try {
        await lifecycle.ready
        return await dryRun(host, pipeline, input, settings)
      } finally {
        host.left()
      }
    },
    close,
    [Symbol.asyncDispose]: () => close(),
  }
}
