import { isPipelineError, type PipelineError, type Run, type StepEnd, type StepRetry } from '@pipe/core'

/** What a tick of a pass came to. */
export type PassTick<O> =
  | { readonly status: 'running'; readonly output?: undefined; readonly error?: undefined }
  | { readonly status: 'success'; readonly output: O; readonly error?: undefined }
  | { readonly status: 'failure' | 'cancelled'; readonly output?: undefined; readonly error: PipelineError }

/** Hears of the steps of a pass. */
export interface StepListeners {
  readonly ended: (event: StepEnd) => void
  readonly retried: (event: StepRetry) => void
}

const MORE = { status: 'running' } as const

/** One way through the pipeline: a run that goes on only when it is ticked. */
export class Pass<O> {
  readonly #run: Run<O>

  /** @param run begins paused */
  constructor(run: Run<O>, steps: StepListeners) {
    this.#run = run
    run.events.on('step:end', steps.ended).on('step:retry', steps.retried)
  }

  /**
   * Starts every step that is ready, and waits for them. A pass that has ended meanwhile, since its pipe was shut down or
   * its time was up, only says so.
   *
   * @throws PipelineError when the run could not be executed at all: its input was refused, a plugin could not be set up
   */
  async tick(): Promise<PassTick<O>> {
    const run = this.#run
    if (run.status === 'paused' && (await run.tick()) === 'paused') return MORE
    try {
      return { status: 'success', output: await run.output }
    } catch (error) {
      if (isPipelineError(error)) {
        if (run.status === 'cancelled') return { status: 'cancelled', error }
        if (error.code === 'STEP_FAILED' || error.code === 'TIMEOUT') return { status: 'failure', error }
      }
      throw error
    }
  }

  /** Stops what is running, and undoes what was done. Resolves when that is over. */
  async cancel(reason: unknown): Promise<void> {
    this.#run.cancel(reason)
    await this.#run.result
  }
}
