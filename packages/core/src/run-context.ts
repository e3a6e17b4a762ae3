import type { PipelineError } from './errors.ts'
import type { AnyPipeline } from './pipeline.ts'
import type { RunReports } from './result.ts'
import type { RunOptions } from './run-options.ts'

/** What a run middleware knows of the run. */
export interface RunContext {
  readonly runId: string
  readonly pipeline: string
  readonly version: string | undefined
  /** What is run: to plan it, or to compare it. */
  readonly definition: AnyPipeline
  /** The options of the run, as given; among them those that plugins own. */
  readonly options: RunOptions
  /** The input as its schema made it. */
  readonly input: unknown
  /** The input as the caller gave it. */
  readonly given: unknown
  readonly signal: AbortSignal
  /**
   * What the run is going to end with, once that is an error; known before anything of it is undone. Always up to date.
   */
  readonly ending: PipelineError | undefined
  /**
   * Why undoing was left off, for another process to go on with: the run is {@link resumable}, and was shut down or lost
   * meanwhile. Always up to date.
   */
  readonly interrupted: PipelineError | undefined
  readonly context: Readonly<Record<string, unknown>>
  readonly tags: Readonly<Record<string, string>>
  /**
   * Undoes what the pipeline has completed, after it has succeeded and before this middleware answers: for one that is
   * about to throw `error`, and has something to do once everything is undone. What it then throws undoes nothing again.
   * Does nothing for a run that goes on elsewhere.
   */
  readonly undo: (error: unknown) => Promise<void>
  /** Aborts the run with a reason; see `Run.cancel`. */
  readonly cancel: (reason?: unknown) => void
  /** Lets nothing new start; see `Run.pause`. Does nothing when the run is paused, or has ended. */
  readonly pause: () => void
  /** Ends a pause. Does nothing when the run is not paused. */
  readonly resume: () => void
  /** Says that another process goes on with this run when this one is shut down (`SHUTDOWN`): nothing is undone then. */
  readonly resumable: () => void
  /**
   * From now on failures of the steps for whose path `test` answers true stop only what depends on these, as with
   * `isolated`: also of steps that have no middleware. `optional` and policies are asked as ever. `test` must not throw; of
   * several the last counts.
   */
  readonly isolate: (test: (stepId: string) => boolean) => void
  /** What was reported so far, if anything was, by whatever middleware. Always up to date. */
  readonly reports: Readonly<Partial<RunReports>> | undefined
  /**
   * Puts `data` into the result of the run, as `reports[name]`; it is not copied. Of several with one name the last
   * counts. Does nothing once the run has ended, which is not before the middleware has.
   */
  readonly report: <N extends keyof RunReports>(name: N, data: RunReports[N]) => void
}
