import { messageOf, PipelineError, type RunContext } from '@pipe/core'
import type { LeaseHolder } from './lease.ts'
import { cancelled } from './cancelled.ts'
import type { Renewed } from './store.ts'

/** Why a run is left by this process although it is not over. */
export interface Interruption {
  /** How it is handed back: for anybody to take, or until its reason has been seen to. */
  readonly as: 'waiting' | 'blocked'
  readonly error: PipelineError
}

/** What becomes of a run from outside of its steps: by what others ask of it, by its lease, by its store. */
export class Control implements LeaseHolder {
  readonly #run: RunContext
  /** What the run has to end with, since it was ending when its process died, or was asked to be cancelled since. */
  ending: PipelineError | null = null
  /** Whether its records are known: what stops it before, stops what is to be undone from appearing. */
  isReady = false
  /** Whether it was asked to cancel before it was taken: it ends, whatever does not fit. */
  isCancelled = false
  /** Why it is not over, only here. */
  interruption: Interruption | null = null
  /** Whether others asked it to pause: who paused it here may do so for as long as he likes. */
  #isPaused = false

  constructor(run: RunContext) {
    this.#run = run
  }

  /** The run is asked to do something. Not heard before its records are known: the next renewal asks again. */
  asked({ command, reason }: Renewed): void {
    if (!this.isReady) return
    if (command === 'cancel' && this.ending === null) this.#run.cancel(cancelled(this.#run.pipeline, reason, []))
    else if (command === 'pause') this.#run.pause()
    else if (command === 'run' && this.#isPaused) this.#run.resume()
    this.#isPaused = command === 'pause'
  }

  lost(error: PipelineError): void {
    this.#run.cancel(error)
    this.#run.options.recovery?.lost()
  }

  /** The store failed, and it is nobody's fault here: others go on. Answers with what to throw. */
  storeFailed(cause: unknown): PipelineError {
    const message = `The store failed to record something: ${messageOf(cause)}`
    const error = new PipelineError('STORE_UNAVAILABLE', message, { pipeline: this.#run.pipeline, cause })
    return this.interrupt('waiting', error)
  }

  /** Stops the run here, until `error` has been seen to (`blocked`), or for others to go on. Answers with what to throw. */
  interrupt(as: Interruption['as'], error: PipelineError): PipelineError {
    this.interruption ??= { as, error }
    this.#run.cancel(new PipelineError('SHUTDOWN', `The run cannot go on here: ${error.message}`, { cause: error }))
    return error
  }
}
